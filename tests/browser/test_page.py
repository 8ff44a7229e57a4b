"""The classroom page in a real browser."""

from urllib.parse import urlsplit

import pytest

from tests.browser.visit import SIZES, Visit, served, until

SETTINGS = "?a=alliance&a.imitation.rate=0.1&b=hub&run.seed=3&population.organisations=40&lang=en"
EQUAL = (
    "?a=hub&a.imitation.rate=0.1&b=hub&b.imitation.rate=0.1&run.seed=5"
    "&population.organisations=40&lang=en"
)
PANELS = ["#side-a", "#side-b", "#network-a", "#network-b", "#charts", "#transport", "#controls"]


def test_painted_rounds_advance_and_stop(visit):
    page = visit(SETTINGS)
    assert page.round == 0
    page.play_to(8)
    stopped = page.round
    page.tab.wait_for_timeout(400)
    assert page.round == stopped
    page.tab.click("#step")
    until(lambda: page.round == stopped + 1, "one step")
    page.tab.click("#back")
    until(lambda: page.round == stopped, "one step back")


def test_begin_again_comes_to_round_0_with_nobody_together(visit):
    page = visit(SETTINGS)
    page.play_to(6)
    assert page.side("a")["teams"]
    page.tab.click("#reset")
    until(lambda: page.round == 0, "round 0")
    for side in "ab":
        assert page.side(side)["teams"] == [] and page.side(side)["series"] == {}


def test_equal_settings_give_equal_sides_and_another_rate_does_not(visit):
    page = visit(EQUAL)
    page.play_to(15)
    assert page.side("a") == page.side("b")
    page = visit(EQUAL.replace("&b.imitation.rate=0.1", "&b.imitation.rate=0.3"))
    page.play_to(15)
    assert page.side("a")["series"] != page.side("b")["series"]


def test_rewind_shows_what_the_first_pass_showed(visit):
    page = visit(SETTINGS)
    first = {}
    for _ in range(8):
        page.tab.click("#step")
        until(lambda: page.round == len(first) + 1, "a step")
        first[page.round] = [page.side(side) | {"series": None} for side in "ab"]
    for now in (3, 7, 1, 5, 8):
        page.seek(now)
        assert [page.side(side) | {"series": None} for side in "ab"] == first[now]
    page.seek(0)
    page.tab.click("#step")
    until(lambda: page.round == 1, "replay")
    assert [page.side(side) | {"series": None} for side in "ab"] == first[1]


def test_a_reload_comes_back_to_the_same_round(visit):
    page = visit(SETTINGS)
    page.play_to(6)
    now, before = page.round, page.side("a")
    page.tab.reload()
    page.ready()
    until(lambda: page.round == now, "the same round")
    assert page.side("a") == before


def test_a_server_that_is_started_again_shows_the_same_rounds(browser):
    with served() as where:
        page = Visit(browser, where, SETTINGS)
        page.play_to(6)
        slider = page.tab.locator("#controls input[data-path='imitation.rate'][data-side='b']")
        slider.focus()
        slider.press("End")
        until(lambda: "b.imitation.rate=1" in page.tab.evaluate("location.href"), "the change")
        page.play_to(12)
        now, before = page.round, {side: page.side(side) for side in "ab"}
    until(
        lambda: page.tab.evaluate("document.body.dataset.status") == "lost",
        "the page to note that the server is gone",
    )
    with served("--port", urlsplit(where).port) as where:
        page.ready()
        until(  # the scene comes before the rounds
            lambda: page.round == now and {side: page.side(side) for side in "ab"} == before,
            "the same rounds",
        )
        page.faults.clear()  # the browser reports the tries that found no server
        page.close()


def test_two_sessions_do_not_meet(visit):
    one, other = visit(SETTINGS), visit(SETTINGS.replace("run.seed=3", "run.seed=4"))
    one.play_to(5)
    assert other.round == 0
    other.tab.click("#step")
    until(lambda: other.round == 1, "a step")
    assert one.round >= 5
    assert one.side("a")["strongest"] != other.side("a")["strongest"]


def test_a_control_acts_at_once_or_waits_as_it_says(visit):
    page = visit(SETTINGS)
    page.play_to(5)
    slider = page.tab.locator("#controls input[data-path='imitation.rate'][data-side='b']")
    slider.focus()
    slider.press("End")
    until(
        lambda: "b.imitation.rate=1" in page.tab.evaluate("location.href"), "the address to say so"
    )
    assert page.tab.locator("#controls .banner").is_hidden()
    page.tab.locator("#controls input[data-path='population.organisations']").focus()
    page.tab.keyboard.press("Home")
    page.tab.locator("#controls .banner").wait_for(state="visible")
    assert len(page.side("a")["strongest"]) == 40
    page.tab.locator("#controls .banner button").click()
    until(lambda: len(page.side("a")["strongest"]) == 2, "the new population")


def test_every_control_of_the_advanced_panel_has_a_name_and_a_rule(visit):
    page = visit(SETTINGS)
    page.tab.click("#open-advanced")
    count = page.tab.evaluate("page.controls.parameters.size")
    rows = page.tab.evaluate(
        "[...document.querySelectorAll('dialog .row')].map((row) =>"
        " [row.querySelector('h3').textContent, row.querySelector('.equation').textContent,"
        " [...row.querySelectorAll('input, select')].every((one) => one.ariaLabel)])"
    )
    assert len(rows) == count
    assert all(name and rule and named for name, rule, named in rows)


# Set a control to its other end or next choice; return whether the server chose it, or its refusal.
TRY_CONTROL = """async ({ path, side }) => {
  const input = document.querySelector(`dialog [data-path="${path}"][data-side="${side}"]`);
  const parameter = page.controls.parameters.get(path), before = JSON.stringify(page.scenario);
  const pause = (time) => new Promise((done) => setTimeout(done, time));
  if (input.disabled) return "disabled";
  const { options, selectedIndex } = input, status = document.getElementById("status");
  if (parameter.kind === "choice") input.selectedIndex = (selectedIndex + 1) % options.length;
  else if (parameter.kind === "flag") input.checked = !input.checked;
  else input.value = Number(input.value) === Number(input.max) ? input.min : input.max;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
  status.textContent = "";
  for (let tries = 0; tries < 200; tries++) {
    await pause(25);
    if (JSON.stringify(page.scenario) !== before) return "chosen";
    if (status.textContent) return status.textContent;
  }
  return "nothing";
}"""


def test_every_control_of_every_parameter_does_something(visit):
    """It is chosen, or refused because another parameter forbids it, or disabled."""
    page = visit(SETTINGS.replace("organisations=40", "organisations=12"))
    controls = page.tab.evaluate(
        "page.controls.inputs.map(({ parameter, side }) => ({ path: parameter.path, side }))"
    )
    seen = {(one["path"], one["side"]): page.tab.evaluate(TRY_CONTROL, one) for one in controls}
    assert len(seen) > 100
    assert "nothing" not in seen.values()
    others = {control: answer for control, answer in seen.items() if answer != "chosen"}
    assert {path for (path, _), answer in others.items() if answer == "disabled"} <= {
        "structure.mediator_understanding",
        "structure.extra_links",
    }
    assert len([answer for answer in others.values() if answer != "disabled"]) <= 12, others


def test_the_remaining_controls(visit):
    """Both sides together, what colours show, the link, keys; test_class.py has the others."""
    page = visit(SETTINGS)
    page.tab.check("#couple")
    page.tab.select_option("#form-a", "platform")
    until(lambda: page.tab.input_value("#form-b") == "platform", "both sides")
    page.tab.click("#show-legend")
    page.tab.select_option("#shows", "sector")
    assert page.tab.evaluate("page.networks.b.colours") == "sector"
    page.tab.click("#legend .close")
    page.tab.context.grant_permissions(["clipboard-write", "clipboard-read"])
    page.tab.click("#copy-link")
    assert "a=platform" in page.tab.evaluate("navigator.clipboard.readText()")
    page.tab.focus("#speed")
    page.tab.keyboard.press("End")
    until(lambda: page.tab.inner_text("#speed-text").startswith("60"), "the speed")
    page.tab.evaluate("document.activeElement.blur()")
    for key, now in (
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("ArrowLeft", 1),
        ("End", 2),
        ("Home", 0),
    ):
        page.tab.keyboard.press(key)
        until(lambda now=now: page.round == now, key)
    page.tab.keyboard.press("Space")
    until(lambda: page.round > 2, "play by the space bar")
    page.pause()
    page.tab.focus("#round")
    page.tab.keyboard.press("Home")
    until(lambda: page.round == 0, "the slider")


def test_a_tab_that_freezes_comes_back_to_the_newest_round_at_once(visit):
    page = visit(SETTINGS)
    page.send(kind="speed", per_second=20)
    page.tab.click("#play")
    until(lambda: page.round >= 3, "the clock")
    page.tab.evaluate(
        "() => { const end = performance.now() + 4000; while (performance.now() < end); }"
    )
    before = page.round
    page.pause()
    until(lambda: page.round == page.tab.evaluate("page.worlds.frontier"), "the newest round")
    assert page.round > before
    # It did not run away meanwhile: two seconds after the last picture the clock stopped.
    assert page.round < 3 + 20 * (4 + 4)
    assert len(page.side("a")["series"]["trust"]) == page.round


def test_the_story_of_an_organisation_opens_by_mouse_and_by_keys(visit):
    page = visit(SETTINGS)
    page.play_to(12)
    box = page.tab.locator("#network-a").bounding_box()
    x, y = page.tab.evaluate("page.networks.a.getPlace(7)")
    page.tab.mouse.click(box["x"] + x, box["y"] + y)
    page.tab.locator("#story h2").wait_for()
    assert "Organisation 8" in page.tab.inner_text("#story h2")
    page.tab.keyboard.press("Escape")
    assert page.tab.locator("#story").is_hidden()
    page.tab.focus("#network-b")
    page.tab.keyboard.press("ArrowRight")
    page.tab.locator("#glyph").wait_for(state="visible")
    page.tab.keyboard.press("Enter")
    page.tab.locator("#story h2").wait_for()
    assert page.tab.evaluate("document.activeElement.id") == "story"


def test_bands_of_thirty_runs_come_while_the_page_plays_on(visit):
    page = visit(SETTINGS)
    page.play_to(12)
    page.tab.click("#bands")
    page.tab.click("#play")
    before = page.round
    until(lambda: page.tab.evaluate("page.charts[0].bands !== null"), "the bands")
    assert page.round > before
    bands = page.tab.evaluate("page.charts[0].bands")
    assert bands["runs"] == 30
    for side in "ab":
        curves = bands[side]["joint_value"]
        assert all(low <= high for low, high in zip(curves["low"], curves["high"], strict=True))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "nl"])
def test_all_panels_are_on_the_screen(visit, size, language):
    page = visit(SETTINGS.replace("lang=en", f"lang={language}"), size)
    page.play_to(3)
    width, height = SIZES[size]
    boxes = {panel: page.tab.locator(panel).bounding_box() for panel in PANELS}
    for panel, box in boxes.items():
        assert box["width"] > 100 and box["height"] > 50, panel
        assert box["x"] >= 0 and box["x"] + box["width"] <= width, panel
        assert box["y"] >= 0 and (size == "phone" or box["y"] + box["height"] <= height), panel
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= width
    assert abs(boxes["#network-a"]["width"] - boxes["#network-b"]["width"]) < 2
    for side in "ab":
        inner, outer = boxes[f"#network-{side}"], boxes[f"#side-{side}"]
        assert (
            outer["x"] <= inner["x"] and inner["x"] + inner["width"] <= outer["x"] + outer["width"]
        )
    texts = "[...document.querySelectorAll('button, select, h3, .summary')]"
    assert (
        page.tab.evaluate(
            f"{texts}.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.id)"
        )
        == []
    )
    for one in page.tab.locator("#transport > *:visible").all():
        box = one.bounding_box()
        assert 0 <= box["x"] and box["x"] + box["width"] <= width, one
    if size != "phone":  # nothing lies over anything else
        apart = [
            boxes[panel] for panel in ("#side-a", "#side-b", "#charts", "#transport", "#controls")
        ]
        for k, one in enumerate(apart):
            for other in apart[:k]:
                beside = (
                    one["x"] >= other["x"] + other["width"] or other["x"] >= one["x"] + one["width"]
                )
                assert (
                    beside
                    or one["y"] >= other["y"] + other["height"]
                    or other["y"] >= one["y"] + one["height"]
                )


def test_the_page_changes_to_dutch(visit):
    page = visit(SETTINGS)
    page.play_to(4)
    now = page.round
    page.tab.click("#language")
    until(lambda: page.tab.evaluate("document.documentElement.lang") == "nl", "Dutch")
    page.ready()
    until(lambda: page.round == now, "the same round")
    assert page.tab.inner_text("#play-text") == "Afspelen"
    assert "samenwerking" in page.tab.inner_text("#summary-a").lower()


def test_little_motion_is_respected(visit):
    page = visit(SETTINGS, reduced_motion="reduce")
    page.play_to(6)
    assert (
        page.tab.evaluate(
            "page.networks.a.draw(performance.now()) || page.networks.b.draw(performance.now())"
        )
        is False
    )
    assert page.tab.evaluate("page.networks.a.flying.length") == 0
