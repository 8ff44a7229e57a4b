"""``overbruggen classroom``: serve the page from this machine and open it."""

from __future__ import annotations

import gc
import socket
import threading
import webbrowser

import numpy as np
import uvicorn

from experiments.classroom.access import create_join_code, find_local_address
from experiments.classroom.messages import LARGEST_MESSAGE
from experiments.console import print_text
from experiments.models.collaboration import CollaborationTarget
from experiments.models.compilation import compile_once
from sim.config import Config
from sim.errors import InputError
from sim.interactive.decisions import Decision, assess_organisation
from sim.model import CollaborationModel

LOCAL_HOST, ALL_INTERFACES = "127.0.0.1", "0.0.0.0"
DEFAULT_PORT = 8765


def open_listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raise InputError when the port cannot be used.

    Port 0 takes any free port.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)  # from now on pages wait instead of being refused
    except (OSError, OverflowError) as error:
        listening.close()
        raise InputError(
            f"--port is {port}, which cannot be used; allowed: a free port, 1024 to 65535, or 0 for"
            " any that is free"
        ) from error
    return listening


def compile_for_classroom() -> None:
    """Compile what only the page asks of the model, or load it, before a class waits for it.

    These are the records of copies and the decisions of persons.
    """
    model = CollaborationModel(
        Config.model_validate({"population": {"organisations": 4}, "run": {"seed": 1}})
    )
    model.step_watched()
    model.step_decided({0: Decision(meet=(1,), copy=(1, 0))})
    assess_organisation(model.packed, 0, 1, np.zeros(model.config.population.domains))


def serve_classroom(port: int, browser: bool, lan: bool) -> None:
    """Serve the page until Ctrl-C; ``lan`` lets others on the local network join with a code."""
    compile_once(CollaborationTarget())
    compile_for_classroom()
    # Imported only now: importing takes part of the time that was just announced.
    from experiments.classroom.server import Classroom, build_app

    listening = open_listening_socket(ALL_INTERFACES if lan else LOCAL_HOST, port)
    port = listening.getsockname()[1]
    address = find_local_address() if lan else LOCAL_HOST
    code = create_join_code() if lan else None
    app = build_app(Classroom(code, address, port), frozenset({LOCAL_HOST, "localhost", address}))
    own_address = f"http://{LOCAL_HOST}:{port}/"
    print_text(f"The classroom page is at {own_address} - Ctrl-C ends it.")
    if lan:
        print_text(
            f"A class joins at http://{address}:{port}/ with the code {code}. Everybody on this"
            " network who knows the code can join."
        )
    gc.collect()
    gc.freeze()  # what is imported stays, so collecting need not go through it every time
    if browser:
        threading.Timer(0.5, webbrowser.open, (own_address,)).start()
    settings = uvicorn.Config(
        app,
        log_level="warning",
        ws_max_size=LARGEST_MESSAGE,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
        server_header=False,
    )
    try:
        uvicorn.Server(settings).run([listening])
    except KeyboardInterrupt:  # the usual way to end it
        print_text("The classroom page is closed.")
