"""Pictures of the classroom page at three sizes: ``python -m tests.browser.screenshots [FOLDER]``.

Look at them after every change.
"""

import sys
from pathlib import Path

from tests.browser.visit import SIZES, Visit, browser_path, browsing, served, until

SETTINGS = "?a=alliance&a.imitation.rate=0.15&b=hub&run.seed=3&lang=en"
ROUNDS = 40


def picture_all_sizes(folder, browser, address):
    """Take pictures of the page at all sizes, in both languages."""
    for size in SIZES:
        for language in ("en", "nl"):
            page = Visit(browser, address, SETTINGS.replace("lang=en", f"lang={language}"), size)
            page.play_to(ROUNDS)
            page.tab.wait_for_timeout(700)
            page.tab.screenshot(path=folder / f"{size}_{language}.png")
            page.close()


def picture_panels(folder, browser, address):
    """Take pictures of panels (story, legend, parameters, a rule), bands and other forms."""
    page = Visit(browser, address, SETTINGS)
    page.tab.screenshot(path=folder / "start.png")
    page.play_to(ROUNDS)
    page.tab.click("#bands")
    until(lambda: page.tab.evaluate("page.charts[0].bands !== null"), "bands")
    box = page.tab.locator("#network-a").bounding_box()
    x, y = page.tab.evaluate("page.networks.a.getPlace(12)")
    page.tab.mouse.move(box["x"] + x, box["y"] + y)
    page.tab.locator("#glyph").wait_for(state="visible")
    page.tab.screenshot(path=folder / "glyph_and_bands.png")
    page.tab.mouse.click(box["x"] + x, box["y"] + y)
    page.tab.locator("#story h2").wait_for()
    page.tab.mouse.move(5, 5)
    page.tab.wait_for_timeout(200)
    page.tab.screenshot(path=folder / "story.png")
    page.tab.click("#show-legend")
    page.tab.screenshot(path=folder / "legend.png")
    page.tab.keyboard.press("Escape")
    page.tab.click("#controls .row .rule summary")
    page.tab.screenshot(path=folder / "rule.png")
    page.tab.click("#open-advanced")
    page.tab.screenshot(path=folder / "advanced.png")
    page.close()
    page = Visit(
        browser,
        address,
        "?a=platform&b=movement&run.seed=3&population.organisations=100&lang=en",
        "large",
    )
    page.play_to(ROUNDS)
    page.tab.wait_for_timeout(700)
    page.tab.screenshot(path=folder / "platform_and_movement.png")
    page.close()


def picture_lessons(folder, browser, address):
    """Take pictures of a lesson in all its steps, a classic, and a worksheet."""
    for size, lesson in (
        ("projector", "imitation.1&lang=en"),
        ("phone", "which_form_when.2&lang=nl"),
        ("large", "march.2&lang=en"),
    ):
        page = Visit(browser, address, f"?lesson={lesson}&seed=5", size)
        for step in ("predict", "run", "explain", "try"):
            until(
                lambda page=page, now=step: page.tab.evaluate("page.lessons.position.step") == now,
                step,
            )
            page.tab.wait_for_timeout(500)
            page.tab.screenshot(path=folder / f"lesson_{size}_{step}.png")
            if step == "predict":
                page.tab.click("#lesson .option.b")
            if step != "try":
                page.tab.click("#lesson-next")
        page.close()
    page = Visit(browser, address, "?lang=nl")
    page.tab.click("#show-lessons")
    page.tab.screenshot(path=folder / "lessons.png")
    page.tab.goto(f"{address}worksheet.html?lesson=imitation&lang=nl")
    page.tab.locator(".sheet").first.wait_for()
    page.tab.pdf(path=folder / "worksheet.pdf", prefer_css_page_size=True)
    page.close()


def picture_class(folder, browser, address):
    """Take pictures of a role-play, the projector, and a figure that was saved."""
    teacher = Visit(browser, address, SETTINGS)
    students = [
        Visit(browser, address, "?join&lang=en"),
        Visit(browser, address, "?join&lang=nl", "phone"),
    ]
    teacher.play_to(15)
    teacher.tab.click("#show-room")
    teacher.send(kind="roles", begin=True)
    for _ in range(2):  # the first student meets somebody; the rules decide for the other
        teacher.send(kind="open_round", seconds=300)
        until(lambda: students[0].tab.locator("#decide").is_enabled(), "the round to open")
        students[0].tab.select_option("select[name=stranger]", index=3)
        students[0].tab.click("#decide")
        until(lambda: teacher.tab.locator(".player.done").count() == 1, "the decision")
        teacher.tab.screenshot(path=folder / "class_teacher.png")
        teacher.tab.click("#now")
        until(lambda: students[0].tab.locator("#decide").is_disabled(), "the round to be played")
    teacher.send(kind="open_round", seconds=300)
    until(
        lambda: all(one.tab.locator("#decide").is_enabled() for one in students),
        "the round to open",
    )
    students[0].tab.screenshot(path=folder / "role.png")
    students[1].tab.screenshot(path=folder / "role_phone.png", full_page=True)
    teacher.send(kind="roles", begin=False)
    projector = Visit(browser, address, "?view=projector&lang=en", "large")
    projector.tab.wait_for_timeout(700)
    projector.tab.screenshot(path=folder / "projector.png")
    teacher.tab.click("#save")
    teacher.tab.screenshot(path=folder / "saving.png")
    with teacher.tab.expect_download() as saved:
        teacher.tab.click("#save-png")
    saved.value.save_as(folder / "figure.png")
    for page in (projector, *students, teacher):
        page.close()


def main():
    """Take all pictures."""
    if browser_path() is None:
        sys.exit("no browser is on this machine: apt-get install chromium")
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "results/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    with browsing() as browser, served() as address:
        picture_all_sizes(folder, browser, address)
        picture_panels(folder, browser, address)
        picture_lessons(folder, browser, address)
        picture_class(folder, browser, address)
    print(f"Pictures in {folder}")


if __name__ == "__main__":
    main()
