"""Studies for tests of designs."""

import pytest
import yaml

from experiments.design import load_study
from tests.factors import RANGES


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def make(*overrides, **settings):
        (tmp_path / "mine.yaml").write_text(
            yaml.safe_dump({"factors": RANGES, **settings}, sort_keys=False)
        )
        return load_study("mine.yaml", overrides)

    return make
