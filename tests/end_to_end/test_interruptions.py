"""Ctrl-C and SIGTERM end a command once, with its exit status, and leave nothing half written."""

import os
import signal
import subprocess
import sys
import time

import pytest

from experiments.cli.commands import COMMANDS
from tests.command_line import run_command


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_leaves_nothing(tmp_path, number, status):
    words = [
        sys.executable,
        "-m",
        "experiments",
        "run",
        "run.rounds=5000000",
        "run.record_every=1000",
        "--out",
        str(tmp_path / "run"),
    ]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not list(tmp_path.iterdir()):
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert process.returncode == status, out + err
    assert "Interrupted" in out
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_within_code_given_as_text_keeps_its_status(tmp_path):
    act = "exec('import os, signal, time; os.kill(os.getpid(), signal.SIGTERM); time.sleep(5)')"
    (tmp_path / "interrupted.py").write_text(
        "import sys\nfrom experiments import __main__\n__main__.COMMANDS['describe'] = lambda"
        f" *given: {act}\nsys.exit(__main__.main(['describe']))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-m", "interrupted"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, "Interrupted" in ended.stdout, ended.stderr) == (143, True, "")


def test_a_library_that_stumbles_over_the_signal_does_not_hide_it(capsys, monkeypatch):
    def stumble(*given):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)
        finally:
            raise RuntimeError("a file that was never opened cannot be closed")

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setitem(COMMANDS, "describe", stumble)
    status, out, err = run_command(capsys, "describe")
    assert (status, "Interrupted" in out, err) == (143, True, "")
    assert signal.getsignal(signal.SIGTERM) == before
