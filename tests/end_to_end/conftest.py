"""Fixtures that several files of end-to-end tests share."""

import shutil
import zipfile

import pytest

from tests.archived_study import archive_study, write_study_files


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
