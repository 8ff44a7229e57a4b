import pytest
from starlette.testclient import TestClient

from experiments.classroom.server import Classroom, build_app


@pytest.fixture
def classroom():
    return Classroom()


@pytest.fixture
def client(classroom):
    with TestClient(build_app(classroom)) as client:
        yield client
