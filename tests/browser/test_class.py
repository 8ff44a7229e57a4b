"""A class in a real browser: teacher, students and projector; role-play, sending, saving."""

import csv
import io
import xml.etree.ElementTree as ElementTree

import pytest
from PIL import Image

from tests.browser.visit import until

SETTINGS = "?a=alliance&a.imitation.rate=0.1&b=hub&run.seed=3&population.organisations=40&lang=en"
STUDENT = "?join&lang=en"


def read_text(page, selector):
    return page.tab.inner_text(selector)


def test_a_role_play_with_three_pages(visit):
    teacher, one, other = visit(SETTINGS), visit(STUDENT), visit(STUDENT.replace("en", "nl"))
    teacher.play_to(6)
    start = teacher.round
    teacher.tab.click("#show-room")
    until(lambda: "2 students" in read_text(teacher, "#present"), "both students")
    teacher.tab.click("#begin")
    for page, title in ((one, "You are organisation 1"), (other, "Jij bent organisatie 2")):
        until(lambda page=page, title=title: title in read_text(page, "#role"), title)
        assert page.tab.locator(".stage").is_hidden() and page.tab.locator("#decide").is_disabled()
    teacher.tab.select_option("#seconds", "300")
    teacher.tab.click("#open")
    until(
        lambda: (
            one.tab.locator("#decide").is_enabled() and other.tab.locator("#decide").is_enabled()
        ),
        "the round to be open",
    )
    assert 0 < int(read_text(one, "#role-clock").split()[0]) <= 300
    stranger = one.tab.locator("select[name=stranger] option").nth(1).get_attribute("value")
    one.tab.select_option("select[name=stranger]", stranger)
    one.tab.uncheck("input[name=accepts]")
    one.tab.click("#decide")
    until(lambda: "1 of 2" in read_text(teacher, "#players"), "the teacher to see one decision")
    assert "Noted" in read_text(one, "#role-phase") and teacher.round == start
    other.tab.click("#decide")
    until(lambda: teacher.round == start + 1, "the round, when all have decided")
    until(lambda: "You met whom you wanted" in read_text(one, "#role"), "what happened")
    # Also in the part that is closed: organisations without room are there.
    assert f"Organisation {int(stranger) + 1} " in one.tab.text_content("#role .choices")
    assert not one.tab.locator("input[name=leave]").count() or "You work together" not in read_text(
        one, ".you"
    )
    teacher.tab.select_option("#seconds", "15")
    teacher.tab.click("#open")
    until(lambda: one.tab.locator("#decide").is_enabled(), "the second round")
    one.tab.click("#decide")
    teacher.tab.click("#now")  # the other has not decided: the rules do
    until(lambda: teacher.round == start + 2, "the second round, when the teacher plays it")
    until(
        lambda: "Jij koos niet" in read_text(other, ".you"),
        "the news for the one that did not decide",
    )
    played = {side: teacher.side(side) for side in "ab"}
    teacher.seek(start)
    teacher.seek(start + 2)  # going back and forward shows what was decided
    assert {side: teacher.side(side) for side in "ab"} == played
    one.tab.reload()
    one.ready()
    until(
        lambda: "You are organisation 1" in read_text(one, "#role"),
        "the same organisation after a reload",
    )
    teacher.tab.click("#end")
    for page in (one, other):
        until(
            lambda page=page: (
                page.tab.locator("#role").is_hidden() and page.tab.locator(".stage").is_visible()
            ),
            "the page of its own",
        )


@pytest.mark.parametrize("phone", [(360, 740), (390, 844)])
def test_a_player_on_a_phone_has_clock_and_button_in_sight_and_parts_that_open(visit, phone):
    teacher, player = visit(SETTINGS), visit("?join&lang=nl", "phone")
    player.tab.set_viewport_size({"width": phone[0], "height": phone[1]})
    teacher.play_to(8)
    teacher.send(kind="roles", begin=True)
    teacher.send(kind="open_round", seconds=300)
    until(
        lambda: (
            player.tab.locator("#decide").count() and player.tab.locator("#decide").is_enabled()
        ),
        "the round",
    )
    in_sight = ("#role-clock", "#role-phase", "#chosen", "#decide")
    for part in range(3):
        summary = player.tab.locator(".part > summary").nth(part)
        if not summary.evaluate("(one) => one.parentElement.open"):
            summary.click()
        assert player.tab.locator(".part[open]").count() == 1  # opening one closes the others
        for place in (0, 10_000):
            player.tab.evaluate("(place) => window.scrollTo(0, place)", place)
            boxes = [player.tab.locator(what).bounding_box() for what in in_sight]
            assert all(
                box["x"] >= 0
                and box["x"] + box["width"] <= phone[0]
                and 0 <= box["y"] <= phone[1] - box["height"]
                for box in boxes
            ), part
            bar = player.tab.locator(".role-bar").bounding_box()
            assert bar["height"] < 100
        assert player.tab.evaluate("document.documentElement.scrollWidth") <= phone[0]
        assert player.tab.evaluate("document.documentElement.scrollHeight") <= 2 * phone[1]
    player.tab.locator(".part > summary").nth(1).click()
    player.tab.select_option("select[name=stranger]", index=2)
    assert read_text(player, "#chosen") == "1 ontmoeten"
    player.tab.click("#decide")
    until(lambda: teacher.round > 8, "the round")
    until(lambda: "Je ontmoette" in read_text(player, "#role"), "what came of it")
    teacher.send(kind="roles", begin=False)


def test_bands_beside_a_role_play_explain_that_the_rules_play_them(visit):
    teacher, player = visit(SETTINGS), visit(STUDENT)
    teacher.play_to(10)
    teacher.tab.click("#bands")
    until(lambda: "other random seeds" in read_text(teacher, "#bands-note"), "the bands")
    teacher.send(kind="roles", begin=True)
    teacher.send(kind="open_round", seconds=300)
    until(
        lambda: (
            player.tab.locator("#decide").count() and player.tab.locator("#decide").is_enabled()
        ),
        "the round",
    )
    player.tab.click("#decide")
    until(
        lambda: "the rules decide for everybody" in read_text(teacher, "#bands-note"),
        "the explanation",
    )
    teacher.tab.click("#bands")
    assert read_text(teacher, "#bands-text") != "Run 30×"
    teacher.tab.click("#reset")
    until(lambda: teacher.tab.locator("#bands-note").is_hidden(), "a new beginning")
    assert read_text(teacher, "#bands-text") == "Run 30×"  # runs under way are cancelled
    until(
        lambda: "Wait for the teacher" in read_text(player, "#role-phase"),
        "the player to see the new beginning",
    )
    assert "the rules did" not in read_text(player, ".you")


def test_the_clock_plays_the_round_when_time_is_up(visit):
    teacher, student = visit(SETTINGS), visit(STUDENT)
    teacher.send(kind="roles", begin=True)
    until(lambda: student.tab.locator("#role h2").count(), "the role")
    teacher.send(kind="open_round", seconds=2)
    until(lambda: student.tab.locator("#decide").is_enabled(), "the round")
    until(lambda: teacher.round == 1, "the clock")
    until(lambda: student.tab.locator("#decide").is_disabled(), "the round to be closed")
    teacher.send(kind="roles", begin=False)


def test_the_teacher_sends_a_scenario_to_everyone_and_students_cannot(visit):
    teacher, student = visit(SETTINGS.replace("a=alliance", "a=platform")), visit(STUDENT)
    student.tab.click("#step")
    until(lambda: student.round == 1, "a step of its own")
    assert student.tab.locator("#show-room").is_hidden()
    student.send(kind="everyone")
    until(lambda: "only the teacher" in read_text(student, "#status"), "a refusal")
    teacher.tab.click("#show-room")
    teacher.tab.click("#everyone")
    until(lambda: student.tab.input_value("#form-a") == "platform", "the scenario")
    assert student.round == 0 and "Sent to 1" in read_text(teacher, "#status")
    assert student.side("a") == teacher.side("a")
    later = visit(STUDENT)
    assert later.tab.input_value("#form-a") == "platform"


def test_the_projector_shows_the_teachers_page_large_and_without_controls(visit):
    teacher = visit(SETTINGS)
    teacher.play_to(4)
    projector = visit("?view=projector&lang=en", "large")
    until(lambda: projector.round == teacher.round, "the same round")
    assert (
        projector.tab.locator("button:visible").count() == 0
        and projector.tab.locator("input:visible").count() == 0
    )
    teacher.play_to(9)
    until(lambda: projector.round == teacher.round, "the same round again")
    assert projector.side("a") == teacher.side("a")
    teacher.seek(2)
    until(lambda: projector.round == 2, "the rewind")
    teacher.tab.click("#reset")
    until(lambda: projector.round == 0, "the new beginning")
    projector.send(kind="step")
    until(lambda: "only watches" in read_text(projector, "#status"), "a refusal")
    assert teacher.round == 0


def test_measures_and_figures_can_be_saved(visit):
    page = visit(SETTINGS)
    page.play_to(12)
    saved = {}
    page.tab.click("#save")
    for kind in ("csv", "svg", "png"):
        with page.tab.expect_download() as download:
            page.tab.click(f"#save-{kind}")
        assert download.value.suggested_filename == f"overbruggen.{kind}"
        saved[kind] = open(download.value.path(), "rb").read()
    rows = list(csv.reader(io.StringIO(saved["csv"].decode())))
    columns = [values for side in "ab" for values in page.side(side)["series"].values()]
    assert rows[0][:3] == ["round", "joint_value_a", "synergy_a"]
    assert [[float(value) for value in row] for row in rows[1:]] == [
        [now, *values] for now, values in enumerate(zip(*columns, strict=True), start=1)
    ]
    drawing = ElementTree.fromstring(saved["svg"])
    words = [one.text for one in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert {"A  Alliance", "B  Hub", "Joint value", "Trust"} <= set(words)
    paths = list(drawing.iter("{http://www.w3.org/2000/svg}path"))
    assert len(paths) > 80  # 40 organisations on each of two sides, and more
    picture = Image.open(io.BytesIO(saved["png"]))
    assert (
        picture.size == (2 * int(drawing.get("width")), 2 * int(drawing.get("height")))
        and len(picture.convert("RGB").getcolors(1 << 20)) > 20
    )
    page.tab.keyboard.press("Escape")
