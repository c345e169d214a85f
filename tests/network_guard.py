"""No test reaches the network: a unit test reaches nothing, a marked one loopback alone.

An audit hook sees every connect, send and look-up of a name that this process makes, whichever library makes
it. It does not see child processes, nor libraries with sockets of their own in C (libpq).
"""

import ipaddress
import socket
import sys
from enum import Enum
from typing import Final


class Reach(Enum):
    """How far the test that is running may reach."""

    NOTHING = "a unit test reaches no network: use a zone or a recorded resolver, or mark it `integration`"
    LOOPBACK = "tests reach loopback alone (127.0.0.0/8, ::1, Unix sockets)"


class NetworkRefused(AssertionError):
    """A test tried to reach further than it may. No OSError: that would look like an outage to the code."""


_SENDS: Final = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_LOOKS_UP: Final = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}


class Guard:
    """What is allowed now, and what was refused since somebody last looked."""

    def __init__(self) -> None:
        self.reach = Reach.NOTHING
        self.refused: list[str] = []

    def install(self) -> None:
        """Watch this process from now on; an audit hook cannot be taken away again."""
        sys.addaudithook(self._hear)

    def take_refused(self) -> list[str]:
        """What was refused, once: also what the code under test caught and kept to itself."""
        refused, self.refused = self.refused, []
        return refused

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in _SENDS:
            sock, address = arguments[0], arguments[1]
            if address is not None and not self._may_send(sock, address):
                self._refuse(f"{event} to {address!r}")
        elif event in _LOOKS_UP and not self._may_look_up(arguments[0]):
            self._refuse(f"{event} of {arguments[0]!r}")

    def _refuse(self, what: str) -> None:
        self.refused.append(what)
        raise NetworkRefused(f"{what} was refused: {self.reach.value}")

    def _may_send(self, sock: object, address: object) -> bool:
        if self.reach is Reach.NOTHING:
            return False
        if getattr(sock, "family", None) == getattr(socket, "AF_UNIX", None):
            return True
        return isinstance(address, tuple) and _is_loopback(address[0])

    def _may_look_up(self, host: object) -> bool:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if name is None or name == "" or _is_address(name):
            return True  # nothing is asked of anybody
        return self.reach is Reach.LOOPBACK and name in ("localhost", socket.gethostname())


def _is_address(text: object) -> bool:
    try:
        ipaddress.ip_address(str(text))
    except ValueError:
        return False
    return True


def _is_loopback(host: object) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(str(host)).is_loopback)
