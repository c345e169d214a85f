"""A visitor without a browser: runs a page over the WebSocket and weighs what comes back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from tests.support.dashboard_server import Running


@dataclass(frozen=True)
class Run:
    """One run of a page: how long it took, what it weighed, and how it ended."""

    seconds: float
    octets: int
    succeeded: bool


@contextmanager
def visiting(served: Running) -> Iterator[Visitor]:
    """One session, as a browser has it."""
    address = f"ws://127.0.0.1:{served.port}/_stcore/stream"
    with connect(address, max_size=None, compression=None) as socket:
        yield Visitor(socket)


class Visitor:
    """Whoever has a session."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    def run(self, page: str = "", query: str = "") -> Run:
        """Ask for a page by its path, with the parameters of its address, and wait until its script is done."""
        ask = BackMsg()
        ask.rerun_script.query_string = query
        ask.rerun_script.page_name = page
        began = time.perf_counter()
        self._socket.send(ask.SerializeToString())
        octets = 0
        while True:
            data = self._socket.recv(timeout=30)
            assert isinstance(data, bytes)
            octets += len(data)
            message = ForwardMsg.FromString(data)
            if message.WhichOneof("type") == "script_finished":
                done = ForwardMsg.ScriptFinishedStatus.FINISHED_SUCCESSFULLY
                return Run(time.perf_counter() - began, octets, message.script_finished == done)
