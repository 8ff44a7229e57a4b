"""A class on two machines: a student on a network of its own joins the teacher over a wire.

``make lan-check`` runs it. Both machines are network namespaces of this one, with a virtual wire
between them; both are gone when the check ends. It needs Linux, ``ip``, ``unshare`` and
``nsenter``, and must itself run in a namespace of its own.
"""

import os
import subprocess
import sys

import pytest

from tests.browser.visit import ROOT, Visit, browsing, served, until

TEACHER, STUDENT = "10.77.0.1", "10.77.0.2"
SETTINGS = "?a=platform&a.imitation.rate=0.1&b=hub&run.seed=3&population.organisations=40&lang=en"


def run_ip(*words):
    subprocess.run(["ip", *words], check=True)


def start_second_machine():
    """Start a machine with a wire to this one; return it, and how to begin a command on it."""
    second = subprocess.Popen(["unshare", "--net", "sleep", "600"])
    try:
        until(lambda: find_network(second.pid) != find_network("self"), "the second machine")
        return second, connect_machines(second.pid)
    except BaseException:
        second.kill()
        raise


def find_network(process):
    return os.readlink(f"/proc/{process}/ns/net")


def connect_machines(second):
    there = ["nsenter", "--net", "--target", str(second)]
    run_ip("link", "add", "here", "type", "veth", "peer", "name", "there")
    run_ip("link", "set", "there", "netns", str(second))
    run_ip("addr", "add", f"{TEACHER}/24", "dev", "here")
    for device in ("lo", "here"):
        run_ip("link", "set", device, "up")
    run_ip("route", "add", "default", "via", STUDENT)
    for words in (
        ["addr", "add", f"{STUDENT}/24", "dev", "there"],
        ["link", "set", "lo", "up"],
        ["link", "set", "there", "up"],
    ):
        subprocess.run([*there, "ip", *words], check=True)
    return there


@pytest.fixture
def student_machine():
    second, there = start_second_machine()
    yield there
    second.kill()
    second.wait()


def test_a_student_on_another_machine_joins_with_the_code_and_gets_the_teachers_scenario(
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


def join_as_student(where, code):
    """Join with a wrong code, then with the right one; wait for the teacher's scenario."""
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
        until(lambda: tab.input_value("#form-a") == "platform", "the scenario of the teacher")
        assert tab.locator("#show-room").is_hidden()


if __name__ == "__main__":
    join_as_student(*sys.argv[1:])
