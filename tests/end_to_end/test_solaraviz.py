"""Mesa's own page shows the model, where the extra ``viz`` is installed; what it needs of the model
is tried in any case.
"""

import os
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest

from sim.config import Config
from sim.errors import InputError
from sim.model import CollaborationModel
from tests.browser.visit import ROOT, browser_path, browsing, until

SMALL = Config.model_validate({"population": {"organisations": 12}})


def test_the_model_is_made_anew_from_a_configuration_and_dotted_parameters_as_sliders_give_them():
    model = CollaborationModel(
        SMALL,
        **{
            "imitation.rate": 0.3,
            "structure.discovery.encounter": 0.5,
            "structure.discovery.referral": 0.5,
        },
    )
    assert model.config.imitation.rate == 0.3 and model.config.structure.discovery.referral == 0.5
    assert len(model.organisations) == 12
    with pytest.raises(
        InputError, match=r"imitation.rat is not a parameter. Did you mean imitation.rate\?"
    ):
        CollaborationModel(SMALL, **{"imitation.rat": 0.3})
    with pytest.raises(InputError, match=r"imitation.rate is 7"):
        CollaborationModel(SMALL, **{"imitation.rate": 7})
    with pytest.raises(InputError, match="config.imitation is not a parameter"):
        CollaborationModel(SMALL, **{"config.imitation": 7})


def test_plots_read_the_measures_of_every_round():
    model = CollaborationModel(SMALL)
    assert model.datacollector.get_model_vars_dataframe().empty
    for _ in range(3):
        model.step()
    frame = model.datacollector.get_model_vars_dataframe()
    assert frame.index.tolist() == [1, 2, 3]
    assert frame["joint_value"].tolist() == model.rounds_table()["joint_value"].to_list()


def test_a_data_collector_of_ones_own_takes_its_place():
    class Watched(CollaborationModel):
        def __init__(self, config=None):
            super().__init__(config)
            self.datacollector = "mine"

    assert Watched(SMALL).datacollector == "mine"


@contextmanager
def solara_serves():
    """Serve the page of docs/how-to-solaraviz.md; give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [
        sys.executable,
        "-m",
        "solara",
        "run",
        "experiments/mesa_page.py",
        "--port",
        str(port),
        "--no-open",
        "--production",
    ]
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",
    }
    server = subprocess.Popen(
        words, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait(timeout=20)


def test_the_page_plays_begins_again_and_gives_every_visitor_a_model_of_its_own():
    pytest.importorskip(
        "solara", reason="the extra viz is not installed: see docs/how-to-solaraviz.md"
    )
    if browser_path() is None:
        pytest.skip("no browser is on this machine: apt-get install chromium, and this test runs")
    with solara_serves() as address, browsing() as browser:
        tab, outside = browser.new_page(), []
        tab.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((address, "data:", "blob:"))
                else outside.append(request.url)
            ),
        )
        until(lambda: reached(tab, address), "the server")
        tab.get_by_text("Step: 0").wait_for(timeout=60_000)
        for rounds in (1, 2):
            tab.get_by_role("button", name="Step").click()
            tab.get_by_text(f"Step: {rounds}").wait_for()
        other = browser.new_page()
        other.goto(address)
        other.get_by_text("Step: 0").wait_for(timeout=60_000)
        tab.get_by_role("button", name="Reset").click()
        tab.get_by_text("Step: 0").wait_for()
        assert outside == []


def reached(tab, address):
    """Whether a page is served yet."""
    try:
        return tab.goto(address).ok
    except Exception:
        return False
