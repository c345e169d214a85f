"""What a scenario of the demo is: a state that companies can be in, and the columns that must come of it.

Templates hold `<domain>` (the company's), `<ours>` (the platform's include), `<our-ip4>` and `<our-ip6>` (or
with `-reversed`), `<host>` and `<host-spf>` (the company's mail provider), `<others>` (a few harmless SPF
terms), `<local>` and `<billing>` (local parts in its language), `<slug>` (its name in ASCII).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from checks.company import SendingMethod
from checks.lookup import FailureReason, RecordType
from checks.smtp.result import Security

OURS_FIRST = "v=spf1 include:<ours> <others> ~all"
WITHOUT_OURS = "v=spf1 <others> ~all"
MONITORED = "v=DMARC1; p=none; rua=mailto:dmarc@<domain>"

TxtTemplate = str | tuple[str, ...]
"""A whole record, or its character-strings where the joint matters."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The export columns of every company of a scenario. `cause`: a rule's code, empty for ok."""

    verdict: str
    cause: str = ""
    address: str = "validated"
    spf: str = "effective"
    dmarc: str = "none"
    smtp: str = "not_used"


class Manner(Enum):
    """What is found at a mail server's name and port, before anybody logs in."""

    GOOD = auto()
    NO_STARTTLS = auto()
    NO_LOGIN = auto()
    EXPIRED = auto()
    WRONG_NAME = auto()
    SELF_SIGNED = auto()
    NOT_SMTP = auto()
    SILENT = auto()
    CLOSED = auto()
    NOBODY = auto()
    """No server of the demo; what the DNS says of the name is in the scenario."""


class Password(Enum):
    """What the file has of the password that opens the mailbox."""

    RIGHT = auto()
    FORMER = auto()
    NONE = auto()


@dataclass(frozen=True, slots=True)
class OwnServer:
    """What a company of method 3 entered, and what is there.

    `host`: a template. `port_of`: whose port was entered, where it is not that of `security`. `answer`: what the
    server says to this company's login whatever its password is; empty: that depends on the password. `looks`: so many
    seconds before the demo's scan somebody had looked already. `published`: the server that its domain names in an SRV
    record (RFC 6186), a template.
    """

    host: str = "smtp.<host>"
    security: Security = Security.STARTTLS
    port_of: Security | None = None
    manner: Manner = Manner.GOOD
    password: Password = Password.RIGHT
    answer: str = ""
    looks: tuple[float, ...] = ()
    published: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One state, for `count` companies.

    `mx`: None is what the company's mail provider says; else `PREFERENCE NAME` each. `addresses`: whether the
    domain itself has A and AAAA. `records`: (name, type, data) besides. `failures`: (name, type or None for
    all, reason). `own_server`: of method 3. `names`: display names taken in turn instead of made-up ones. `idn`: the
    domain has an accent. `shared`: the e-mail is at a domain that everybody shares, in one of these.
    """

    name: str
    count: int
    expected: Expected
    method: SendingMethod = SendingMethod.OWN_ADDRESS
    spf: tuple[TxtTemplate, ...] = (OURS_FIRST,)
    dmarc: tuple[str, ...] = (MONITORED,)
    mx: tuple[str, ...] | None = None
    addresses: bool = True
    records: tuple[tuple[str, RecordType, str], ...] = ()
    failures: tuple[tuple[str, RecordType | None, FailureReason], ...] = ()
    email: tuple[str, ...] = ("<local>@<domain>",)
    validated: bool = True
    from_address: str = "<billing>@<domain>"
    own_server: OwnServer | None = None
    names: tuple[str, ...] = ()
    idn: bool = False
    shared: tuple[str, ...] = ()

    @property
    def uses_host(self) -> bool:
        """Whether names below the mail provider's domain are used beside its own records."""
        data = (*self.email, *(self.mx or ()), *(text for _, _, text in self.records))
        return self.own_server is not None or any("<host>" in text for text in data)


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with its `<placeholders>` replaced; in capitals, they give the value in capitals."""

    def value(match: re.Match[str]) -> str:
        key = match[1]
        found = values.get(key.lower())
        return match[0] if found is None else found.upper() if key.isupper() else found

    return _PLACEHOLDER.sub(value, template)


_PLACEHOLDER = re.compile(r"<([a-z0-9-]+)>", re.IGNORECASE)
