"""Every lesson in both languages, and answers that are those of the class's own runs."""

import re

import numpy as np
import pytest

from experiments.classroom.bands import play_batch
from experiments.classroom.lessons import LessonPart, read_lessons
from experiments.classroom.rehearsal import find_higher_side
from experiments.classroom.snapshots import CHARTED_MEASURES
from tests.browser.visit import until

SHORT, FEW = 10, 12  # rounds and organisations in the test that walks through everything
STEP = "page.lessons.position?.step"
TEXT = "document.querySelector('#lesson').innerText"
SHORTEN = (
    "Object.values(page.lessons.lessons).flat().filter((part) => !part.classic).forEach((part) => {"
    f" part.rounds = {SHORT}; part.scenario.shared['population.organisations'] = {FEW}; }})"
)


def press(page, what):
    page.tab.locator(f"#lesson {what}").click()


def reach(page, step):
    until(
        lambda: (
            page.tab.evaluate(STEP) == step and page.tab.evaluate("page.lessons.pending") is None
        ),
        f"the step {step}",
    )


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_lesson_from_start_to_end(visit, language):
    page = visit(f"?lang={language}", reduced_motion="reduce")
    page.tab.evaluate(SHORTEN)
    page.tab.click("#show-lessons")
    page.tab.click("#lessons [data-lesson]")
    for name, parts in read_lessons().items():
        for number in range(len(parts)):
            until(
                lambda at=f"lesson={name}.{number + 1}&": at in page.tab.evaluate("location.href"),
                f"{name}, question {number + 1}",
            )
            assert page.tab.locator("#lesson-next").is_disabled()
            press(page, ".option.a")
            press(page, "#lesson-next")
            reach(page, "run")
            press(page, "#lesson-next")
            page.send(kind="speed", per_second=60)
            reach(page, "explain")
            seen = page.tab.evaluate(TEXT)
            assert "{" not in seen and "undefined" not in seen and "NaN" not in seen, seen
            assert page.tab.locator("#lesson .numbers tbody tr").count() == 1 + len(
                parts[number].also
            )
            press(page, "#lesson-next")
            reach(page, "try")
            controls = [path for path in parts[number].controls if path != "form"]
            assert page.tab.locator("#lesson .row").count() == len(controls)
            if name != list(read_lessons())[-1] or number + 1 < len(parts):
                press(page, "#lesson-next")
    press(page, ".onward.last button")
    assert page.tab.locator("#lesson").is_hidden() and page.tab.locator("#controls").is_visible()
    assert "lesson=" not in page.tab.evaluate("location.href")


def test_the_answer_is_that_of_the_runs(visit):
    page = visit("?lesson=imitation.1&seed=5&lang=en")
    press(page, ".option.b")
    press(page, "#lesson-next")
    press(page, "#lesson-next")
    page.send(kind="speed", per_second=60)
    reach(page, "explain")
    part = read_lessons()["imitation"][0]
    assert isinstance(part, LessonPart)
    configs = part.build_scenario().replace_value("both", "run.seed", 5).build_configs()
    column = CHARTED_MEASURES.index(part.measure)

    def play(side, seeds):
        runs = np.array(play_batch([(0, configs[side])], seeds, part.rounds))
        return runs[:, part.rounds // 2 :, column].mean(axis=1)

    own = {side: play(side, [5])[0] for side in "ab"}
    late = {side: play(side, range(6, 36)) for side in "ab"}
    cells = page.tab.locator("#lesson .numbers tbody tr").first.locator("td").all_inner_texts()
    wanted = [own["a"], own["b"], late["a"].mean(), late["b"].mean()]
    assert [float(cell) for cell in cells] == pytest.approx(wanted, abs=0.0051)
    more, less = int((late["b"] > late["a"]).sum()), int((late["b"] < late["a"]).sum())
    sentences = {
        "A": f"A is higher in {less} of 30 runs.",
        "B": f"B is higher in {more} of 30 runs.",
        "no clear difference": (
            f"No clear difference: B is higher in {more} of 30 runs, A in {less}."
        ),
    }
    higher = find_higher_side(late["a"], late["b"])
    assert page.tab.inner_text("#lesson .count summary") == sentences[higher]
    page.tab.reload()  # a reload comes back to the same answer
    page.ready()
    reach(page, "explain")
    until(lambda: page.tab.locator("#lesson .numbers").count() == 1, "the same answer")
    assert (
        page.tab.locator("#lesson .numbers tbody tr").first.locator("td").all_inner_texts() == cells
    )
    press(page, "#lesson-next")
    slider = page.tab.locator("#lesson .row input[data-side=b]")
    slider.focus()
    slider.press("Home")  # B no longer copies: both sides are the same
    until(
        lambda: "b.imitation.rate=0&" in page.tab.evaluate("location.href"), "the address to say so"
    )
    press(page, "#lesson-again")
    page.send(kind="speed", per_second=60)
    until(lambda: page.tab.evaluate("Boolean(page.lessons.position.tried)"), "what was tried")
    tried = page.tab.evaluate("page.lessons.position.tried.main")
    assert (tried["more"], tried["less"], tried["outcome"]) == (0, 0, "same")


def test_a_lesson_whose_runs_are_cancelled_asks_to_run_again(visit):
    page = visit("?lesson=imitation&seed=7&lang=en")
    press(page, ".option.a")
    press(page, "#lesson-next")
    # As when the thirty runs are under way.
    page.tab.evaluate("page.lessons.pending = { into: 'findings', hasBegun: true }")
    page.tab.click("#reset")
    reach(page, "run")
    assert page.tab.locator("#lesson-next").is_enabled()


# The outcome for several numbers of runs in which B is higher, of thirty.
OUTCOMES = """async () => {
  const { compareRuns } = await import("/js/verdict.js");
  const a = Array(30).fill(1), raise = (n) => a.map((value, run) => run < n ? 2 : 0);
  return [...[30, 22, 21, 9, 8, 0].map(raise), a].map((b) => compareRuns(a, b, 22).outcome);
}"""
# The answer of a question for each outcome.
ANSWERS = """async () => {
  const { writeAnswer } = await import("/js/lesson_card.js");
  const { getLesson } = await import("/js/lesson_words.js");
  return ["a", "b", "same"].map((outcome) => {
    const main = { measure: "joint_value", a: 1, b: 2, outcome };
    return writeAnswer({ main, all: [main] }, getLesson("letting_go").parts[0]);
  });
}"""


def test_all_three_outcomes_have_an_answer(visit):
    page = visit("?lang=en")
    assert page.tab.evaluate(OUTCOMES) == ["b", "b", "same", "same", "a", "a", "same"]
    texts = page.tab.evaluate(ANSWERS)
    assert len(set(texts)) == 3 and all("1.00" in text and "2.00" in text for text in texts)


@pytest.mark.parametrize("size", ["projector", "phone"])
def test_a_lesson_fits_the_screen(visit, size):
    page = visit("?lesson=which_form_when.2&seed=3&lang=nl", size)
    width, height = page.tab.viewport_size["width"], page.tab.viewport_size["height"]
    for what in (".question", ".option.b", "#lesson-next"):
        box = page.tab.locator(f"#lesson {what}").bounding_box()
        assert 0 <= box["x"] and box["x"] + box["width"] <= width and box["y"] >= 0, what
        assert box["y"] + box["height"] <= height, what
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= width


# Show the explanation of every question for every outcome, with long numbers and a class's own run
# that points in another direction; return what does not fit.
EXPLAIN_ALL = """() => {
  const faults = [], { lessons } = page;
  const CARD = [".question", ".outcome", ".grade", ".numbers", "#lesson-next"];
  const TEXTS = [...CARD.map((part) => `#lesson ${part}`), "#why .because", "#why .rules"];
  const NETWORKS = ["#network-a", "#network-b"], CHARTS = [".chart.watched canvas"];
  const CLASSIC_CHARTS = ["first", "last"].map((at) => `#classic .chart:${at}-child canvas`);
  const measureBox = (selector) => document.querySelector(selector).getBoundingClientRect();
  const check = (name, part, number, outcome) => {
    const own = outcome === "b" ? { a: 12.3, b: 1.2 } : { a: 1.2, b: 12.3 };
    const runs = { own, outcome, a: 12.3, b: 45.6, more: 22, less: 8, of: 30, enough: 22 };
    const all = [part.measure, ...part.also].map((measure) => ({ measure, ...runs }));
    const guess = outcome === "a" ? "b" : "a", findings = { main: all[0], all };
    lessons.position = { name, part: number, step: "explain", guess, seed: 5, findings };
    lessons.show();
    const where = `${name} ${number + 1} ${outcome}`;
    for (const panel of ["#lesson", "#why"]) {
      const { scrollHeight, clientHeight } = document.querySelector(panel);
      const missing = scrollHeight - clientHeight;
      if (missing > 1) faults.push(`${where}: ${panel} is ${missing} pixels too low`);
    }
    const drawings = part.classic ? CLASSIC_CHARTS : [...NETWORKS, ...CHARTS];
    for (const selector of [...TEXTS, ...drawings]) {
      const { left, right, top, bottom, height } = measureBox(selector);
      const inside = left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
      if (!inside) faults.push(`${where}: ${selector} is not on the screen`);
      const least = NETWORKS.includes(selector) ? 190 : drawings.includes(selector) ? 60 : 0;
      if (height < least) faults.push(`${where}: ${selector} is ${height} high`);
    }
  };
  for (const [name, parts] of Object.entries(lessons.lessons))
    parts.forEach((part, number) => {
      for (const outcome of ["a", "b", "same"]) check(name, part, number, outcome);
    });
  return faults;
}"""


@pytest.mark.parametrize("size", ["projector", "large"])
@pytest.mark.parametrize("language", ["en", "nl"])
def test_an_explanation_fits_beside_the_networks_without_scrolling(visit, size, language):
    assert (
        visit(f"?lesson=imitation.1&seed=5&lang={language}", size).tab.evaluate(EXPLAIN_ALL) == []
    )


def test_worksheets_hold_every_question_and_no_answer(visit):
    page = visit("?lang=nl")
    for name, parts in read_lessons().items():
        page.tab.goto(
            page.tab.url.split("?")[0].replace("worksheet.html", "")
            + f"worksheet.html?lesson={name}&lang=nl"
        )
        page.tab.locator(".sheet").first.wait_for()
        assert page.tab.locator(".sheet").count() == len(parts)
        assert page.tab.locator(".sheet .options li").count() == 3 * len(parts)
        assert len(re.findall(rb"/Type */Page\b", page.tab.pdf(prefer_css_page_size=True))) == len(
            parts
        ), name  # a page of paper per question
