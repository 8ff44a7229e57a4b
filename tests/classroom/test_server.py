"""The server without a browser: foreign hosts, files, and who may join."""

import pytest
from starlette.websockets import WebSocketDisconnect

from experiments.classroom.access import MOST_WRONG_CODES, AccessControl
from sim.errors import InputError


@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "http://evil.example"}])
def test_other_sites_cannot_reach_the_server(client, headers):
    assert client.get("/", headers=headers).status_code == 421
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/page", headers=headers) as socket,
    ):
        socket.receive_text()


def test_nothing_but_the_page_is_served(client):
    assert client.get("/").status_code == 200
    assert "default-src 'self'" in client.get("/").headers["content-security-policy"]
    for path in (
        "/../server.py",
        "/%2e%2e/server.py",
        "/js/../../server.py",
        "/js/..%2f..%2fserver.py",
    ):
        assert client.get(path).status_code in (404, 405)


def test_others_need_the_code_and_cannot_try_many():
    access = AccessControl("ABC234")
    access.check("127.0.0.1", None)
    access.check("192.168.1.7", "abc234 ")
    for _ in range(MOST_WRONG_CODES):
        with pytest.raises(InputError, match="not the code"):
            access.check("192.168.1.8", "WRONG1")
    with pytest.raises(InputError, match="too many"):
        access.check("192.168.1.8", "ABC234")
    with pytest.raises(InputError, match="--lan"):
        AccessControl(None).check("192.168.1.7", "ABC234")
