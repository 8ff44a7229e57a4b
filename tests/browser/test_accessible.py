"""Accessibility: no serious finding of axe-core in any panel, and contrast AA of what is drawn."""

import pytest

from tests.browser.visit import SIZES, until

SETTINGS = "?a=alliance&a.imitation.rate=0.1&b=hub&run.seed=3&population.organisations=40&lang={}"
SERIOUS = ("serious", "critical")
# Axe computes contrast from the styles that the browser uses; these rules are AA and below.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
# What passes is counted but not described.
OPTIONS = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
# Axe does not see text on a canvas: here the colours come from the module that draws, and the
# formula is that of WCAG.
CONTRAST = """async () => {
  const looks = await import("./js/looks.js");
  const linearise = (value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const channel = (colour, at) => linearise(parseInt(colour.slice(at, at + 2), 16) / 255);
  const luminance = (colour) =>
    0.2126 * channel(colour, 1) + 0.7152 * channel(colour, 3) + 0.0722 * channel(colour, 5);
  const onWhite = (colour) => 1.05 / (luminance(colour) + 0.05);
  const text = [looks.FAINT, looks.INK, looks.SIDE_COLOURS.a, looks.SIDE_COLOURS.b];
  return { text: text.map(onWhite), shapes: looks.COLOURS.map(onWhite) };
}"""


@pytest.fixture(scope="module")
def axe():
    return pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="axe-playwright-python is not installed: pip install '.[dev]'",
    ).Axe()


def find_faults(axe, page):
    """Return serious findings, in words."""
    page.tab.wait_for_timeout(150)
    violations = axe.run(page.tab, options=OPTIONS).response["violations"]
    return [
        f"{one['id']}: {node['html'][:150]} {node.get('failureSummary', '')[:200]}"
        for one in violations
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "nl"])
def test_no_serious_fault_whatever_is_open(visit, axe, size, language):
    page = visit(SETTINGS.format(language), size)
    page.play_to(8)
    assert find_faults(axe, page) == []
    page.tab.click("#show-legend")
    assert find_faults(axe, page) == []
    page.tab.click("#show-room")
    page.send(kind="roles", begin=True)
    until(lambda: page.tab.locator("#clockwork").is_visible(), "the role-play")
    assert find_faults(axe, page) == []
    page.send(kind="roles", begin=False)
    page.tab.keyboard.press("Escape")
    page.tab.focus("#network-a")
    page.tab.keyboard.press("ArrowRight")
    page.tab.keyboard.press("Enter")
    page.tab.locator("#story h2").wait_for()
    assert find_faults(axe, page) == []
    page.tab.keyboard.press("Escape")
    page.tab.click("#open-advanced")
    page.tab.click("#advanced details:nth-of-type(3) > summary")
    assert find_faults(axe, page) == []
    page.tab.keyboard.press("Escape")
    page.tab.click("#save")
    assert find_faults(axe, page) == []
    page.tab.keyboard.press("Escape")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_page_of_a_player_has_no_serious_fault_and_fits(visit, axe, size, language):
    teacher, player = visit(SETTINGS.format("en")), visit(f"?join&lang={language}", size)
    teacher.play_to(8)
    teacher.send(kind="roles", begin=True)
    teacher.send(kind="open_round", seconds=300)
    until(
        lambda: (
            player.tab.locator("#decide").count() and player.tab.locator("#decide").is_enabled()
        ),
        "the round",
    )
    player.tab.evaluate(
        "document.querySelectorAll('#role details').forEach((part) => Object.assign(part, { name:"
        " '', open: true }))"
    )
    assert find_faults(axe, player) == []
    box, width = player.tab.locator("#role").bounding_box(), SIZES[size][0]
    assert box["x"] >= 0 and box["x"] + box["width"] <= width
    assert player.tab.evaluate("document.documentElement.scrollWidth") <= width
    assert player.tab.locator("#decide").bounding_box()["y"] + 30 <= SIZES[size][1]
    teacher.send(kind="roles", begin=False)


def test_the_projector_has_no_serious_fault(visit, axe):
    teacher = visit(SETTINGS.format("en"))
    teacher.play_to(4)
    projector = visit("?view=projector&lang=nl", "large")
    assert find_faults(axe, projector) == []


def test_what_is_drawn_reaches_aa_on_white(visit):
    contrast = visit(SETTINGS.format("en")).tab.evaluate(CONTRAST)
    assert min(contrast["text"]) >= 4.5
    assert min(contrast["shapes"]) >= 3.0
