"""Pictures of the classroom page at three sizes: ``python -m tests.browser.screenshots [FOLDER]``. Look at them after every change."""

import sys
from pathlib import Path

from tests.browser.visit import SIZES, Visit, browser_path, browsing, served, until

SETTINGS = "?a=alliance&a.imitation.rate=0.15&b=hub&run.seed=3&lang=en"
ROUNDS = 40


def everywhere(folder, browser, address):
    """The page at all sizes, in both languages."""
    for size in SIZES:
        for language in ("en", "nl"):
            page = Visit(browser, address, SETTINGS.replace("lang=en", f"lang={language}"), size)
            page.play_to(ROUNDS)
            page.tab.wait_for_timeout(700)
            page.tab.screenshot(path=folder / f"{size}_{language}.png")
            page.close()


def panels(folder, browser, address):
    """What opens: story, legend, all parameters, a rule, bands; and other forms."""
    page = Visit(browser, address, SETTINGS)
    page.tab.screenshot(path=folder / "start.png")
    page.play_to(ROUNDS)
    page.tab.click("#bands")
    until(lambda: page.tab.evaluate("page.charts[0].bands !== null"), "bands")
    box = page.tab.locator("#network-a").bounding_box()
    x, y = page.tab.evaluate("page.networks.a.at(12)")
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
    page = Visit(browser, address, "?a=platform&b=movement&run.seed=3&population.organisations=100&lang=en", "large")
    page.play_to(ROUNDS)
    page.tab.wait_for_timeout(700)
    page.tab.screenshot(path=folder / "platform_and_movement.png")
    page.close()


def lessons(folder, browser, address):
    """A lesson in all its steps, a classic, and a worksheet."""
    for size, asked in (("projector", "imitation.1&lang=en"), ("phone", "which_form_when.2&lang=nl"), ("large", "march.2&lang=en")):
        page = Visit(browser, address, f"?lesson={asked}&luck=5", size)
        for step in ("predict", "run", "explain", "try"):
            until(lambda page=page, now=step: page.tab.evaluate("page.lessons.at.step") == now, step)
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


def main():
    """Take all pictures."""
    if browser_path() is None:
        sys.exit("no browser is on this machine: apt-get install chromium")
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "results/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    with browsing() as browser, served() as address:
        everywhere(folder, browser, address)
        panels(folder, browser, address)
        lessons(folder, browser, address)
    print(f"Pictures in {folder}")


if __name__ == "__main__":
    main()
