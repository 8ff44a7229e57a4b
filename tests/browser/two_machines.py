"""A class on two machines: a student's page, in a network of its own, joins the teacher's over a wire. ``make lan-check`` runs it.

Both machines are network namespaces of this one, with a virtual wire between them; they and the wire are gone when the check ends. It needs
Linux, ``ip``, ``unshare`` and ``nsenter``, and must itself run in a namespace of its own.
"""

import os
import subprocess
import sys

import pytest

from tests.browser.visit import ROOT, Visit, browsing, served, until

TEACHER, STUDENT = "10.77.0.1", "10.77.0.2"
SETTINGS = "?a=platform&a.imitation.rate=0.1&b=hub&run.seed=3&population.organisations=40&lang=en"


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def lan():
    """Lay a wire between this machine and a second one; return what a command begins with that runs on the second."""
    second = subprocess.Popen(["unshare", "--net", "sleep", "600"])
    try:
        until(lambda: network_of(second.pid) != network_of("self"), "the second machine")
        return second, laid(second.pid)
    except BaseException:
        second.kill()
        raise


def network_of(process):
    return os.readlink(f"/proc/{process}/ns/net")


def laid(second):
    there = ["nsenter", "--net", "--target", str(second)]
    ip("link", "add", "here", "type", "veth", "peer", "name", "there")
    ip("link", "set", "there", "netns", str(second))
    ip("addr", "add", f"{TEACHER}/24", "dev", "here")
    for device in ("lo", "here"):
        ip("link", "set", device, "up")
    ip("route", "add", "default", "via", STUDENT)
    for words in (
        ["addr", "add", f"{STUDENT}/24", "dev", "there"],
        ["link", "set", "lo", "up"],
        ["link", "set", "there", "up"],
    ):
        subprocess.run([*there, "ip", *words], check=True)
    return there


@pytest.fixture
def student_machine():
    second, there = lan()
    yield there
    second.kill()
    second.wait()


def test_a_student_on_another_machine_joins_with_the_code_and_gets_what_the_teacher_sends(
    student_machine,
):
    with served("--lan") as address, browsing() as browser:
        teacher = Visit(browser, address, SETTINGS)
        teacher.tab.click("#show-room")
        code = teacher.tab.inner_text("#room .code")
        where = address.replace("127.0.0.1", TEACHER)
        assert where in teacher.tab.inner_text("#room")
        student = subprocess.Popen(
            [*student_machine, sys.executable, "-m", "tests.browser.two_machines", where, code],
            cwd=ROOT,
        )
        until(
            lambda: "1 student" in teacher.tab.inner_text("#present"),
            "the student of the other machine",
        )
        teacher.tab.click("#everyone")
        assert student.wait(timeout=60) == 0
        teacher.close()


def be_student(where, code):
    """Join with a wrong code, which is refused, then with the right one; wait for what the teacher sends."""
    with browsing(where.split("/")[2].split(":")[0]) as browser:
        context = browser.new_context(viewport={"width": 390, "height": 844})
        tab = context.new_page()
        tab.goto(where)
        for tried in ("WRONG2", code):
            until(lambda: tab.locator("form input").is_visible(), "the question for the code")
            tab.fill("form input", tried)
            tab.press("form input", "Enter")
            if tried != code:
                until(lambda: "not the code" in tab.inner_text("body"), "the refusal")
        until(lambda: tab.evaluate("document.body.dataset.round") is not None, "the first picture")
        until(lambda: tab.input_value("#form-a") == "platform", "what the teacher sends")
        assert tab.locator("#show-room").is_hidden()


if __name__ == "__main__":
    be_student(*sys.argv[1:])
