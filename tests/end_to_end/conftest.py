"""Results folders with reports, each made once for all files that read it."""

import pytest

from tests.reports import make_report_folder


@pytest.fixture(scope="session")
def report_folder(tmp_path_factory):
    """Return a function that gives the results folder of a kind, with its report."""
    folders = {}

    def make_once(kind):
        if kind not in folders:
            folders[kind] = make_report_folder(tmp_path_factory.mktemp("reports"), kind)
        return folders[kind]

    return make_once
