"""What is stored of a login as JSON: what is known of it, what was said, and where its server was found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from checks import domain_name
from checks.company import SmtpState
from checks.providers import Secret
from checks.smtp.discover import Confidence, Discovery, Found, Note, Source
from checks.smtp.result import Line, Security, Server, Who
from checks.smtp.standing import Standing


@dataclass(frozen=True, slots=True)
class FoundServers:
    """What was found when somebody last looked for the server; `at`: epoch seconds."""

    at: float
    discovery: Discovery


def encode_standing(standing: Standing) -> dict[str, Any]:
    """`decode_standing` gives the same back."""
    return asdict(standing)


def decode_standing(value: Any) -> Standing:
    return Standing(**{**value, "state": SmtpState(value["state"])})


def encode_dialogue(lines: Iterable[Line]) -> list[list[str]]:
    """`decode_dialogue` gives the same back."""
    return [[line.who.value, line.text] for line in lines]


def decode_dialogue(value: Any) -> tuple[Line, ...]:
    return tuple(Line(Who(who), text) for who, text in value)


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
