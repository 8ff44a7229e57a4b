"""Fixtures that several files of end-to-end tests share; each is made once for all of them."""

import shutil
import zipfile

import pytest

from tests.archived_study import archive_study, write_study_files
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


@pytest.fixture(scope="session")
def archived_study(tmp_path_factory):
    """The folder in which somebody ran and packaged a study (``tests.archived_study``)."""
    folder = tmp_path_factory.mktemp("archived_study")
    write_study_files(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        archive_study()
    return folder


@pytest.fixture
def working_copy(archived_study, tmp_path, monkeypatch):
    """A copy of that folder to work in."""
    shutil.copytree(archived_study, tmp_path / "working_copy")
    monkeypatch.chdir(tmp_path / "working_copy")
    return tmp_path / "working_copy"


@pytest.fixture
def unpacked(archived_study, tmp_path):
    """The unpacked archive."""
    with zipfile.ZipFile(archived_study / "all.zip") as archive:
        archive.extractall(tmp_path / "archive")
    return tmp_path / "archive"
