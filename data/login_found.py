"""What was found when somebody looked for a company's server, as it is stored."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from checks import domain_name
from checks.providers import Secret
from checks.smtp.discover import Confidence, Discovery, Found, Note, Source
from checks.smtp.result import Security, Server


@dataclass(frozen=True, slots=True)
class FoundServers:
    """What was found when somebody last looked for the server; `at`: epoch seconds."""

    at: float
    discovery: Discovery

    @property
    def complete(self) -> bool:
        """Whether everything could be looked up; else there may be more than was found."""
        return Note.NOT_LOOKED_UP not in self.discovery.notes


def encode_found(found: FoundServers) -> dict[str, Any]:
    """`decode_found` gives the same back."""
    return {"at": found.at, **asdict(found.discovery)}


def decode_found(value: Any) -> FoundServers:
    discovery = Discovery(
        address=domain_name.Address(**value["address"]),
        provider=value["provider"],
        servers=tuple(map(_server, value["servers"])),
        notes=tuple(map(Note, value["notes"])),
    )
    return FoundServers(value["at"], discovery)


def _server(value: Any) -> Found:
    server = value["server"]
    typed = {
        "server": Server(server["host"], server["port"], Security(server["security"])),
        "source": Source(value["source"]),
        "confidence": Confidence(value["confidence"]),
        "secret": Secret(value["secret"]),
    }
    return Found(**{**value, **typed})
