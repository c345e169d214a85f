"""Read a domain's autoconfig file for mail programs (draft-ietf-mailmaint-autoconfig): its servers for outgoing mail.

The file is hostile: its size is limited by who fetched it, its depth and number of elements here, and one with a
document type is refused, so that no entity is ever expanded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from checks.domain_name import Address, BadName, domain
from checks.smtp.result import Security, Server

MAX_ELEMENTS = 2000
MAX_DEPTH = 16
MAX_TEXT = 400
MAX_SERVERS = 5

_SECURITY = {"SSL": Security.IMPLICIT, "STARTTLS": Security.STARTTLS}


class BadConfig(ValueError):
    """Not a file that can be read. The message says why."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One server of the file, and the user name that it wants. Without encryption none is an offer."""

    server: Server
    username: str


@dataclass
class _Reader:
    """Collects the texts of each `outgoingServer`."""

    path: list[str] = field(default_factory=list)
    elements: int = 0
    text: str = ""
    servers: list[dict[str, str]] = field(default_factory=list)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        self.path.append(name)
        if self.elements > MAX_ELEMENTS or len(self.path) > MAX_DEPTH:
            raise BadConfig("has too many elements")
        if name == "outgoingServer" and attributes.get("type", "").lower() == "smtp":
            self.servers.append({})
        self.text = ""

    def end(self, name: str) -> None:
        self.path.pop()
        if self.servers and self.path and self.path[-1] == "outgoingServer":
            self.servers[-1].setdefault(name, self.text.strip())

    def data(self, text: str) -> None:
        if len(self.text) < MAX_TEXT:
            self.text += text

    def refuse(self, *_: object) -> None:
        raise BadConfig("has a document type, which no such file needs")


def read(octets: bytes, address: Address) -> tuple[Offer, ...]:
    """The encrypted servers for outgoing mail, in the file's order. `BadConfig` for what is no such file."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.data
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    try:
        parser.Parse(octets, True)
    except (expat.ExpatError, LookupError, ValueError) as problem:
        if isinstance(problem, BadConfig):
            raise
        raise BadConfig(f"is no XML: {problem}") from None
    found = (_offer(texts, address) for texts in reader.servers[:MAX_SERVERS])
    return tuple(offer for offer in found if offer)


def _offer(texts: dict[str, str], address: Address) -> Offer | None:
    security = _SECURITY.get(texts.get("socketType", "").upper())
    port = texts.get("port", "")
    host = _filled(texts.get("hostname", ""), address)
    if security is None or not (port.isascii() and port.isdigit() and len(port) <= 5):
        return None
    try:
        name = domain(host)
    except BadName:
        return None
    return Offer(Server(name, int(port), security), _filled(texts.get("username", ""), address))


def _filled(text: str, address: Address) -> str:
    """The draft's placeholders."""
    for placeholder, value in (
        ("%EMAILADDRESS%", str(address)),
        ("%EMAILLOCALPART%", address.local),
        ("%EMAILDOMAIN%", address.domain),
    ):
        text = text.replace(placeholder, value)
    return text[:MAX_TEXT]
