"""A company as the judgement is given it, and what is said of it in the words of the export's columns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from checks.model import Finding, Severity


class SendingMethod(StrEnum):
    """How a company's mail leaves; it has exactly one."""

    PLATFORM = "platform"
    OWN_ADDRESS = "own_address"
    OWN_SERVER = "own_server"


class AddressState(StrEnum):
    """The profile e-mail, the worst first."""

    MISSING = "missing"
    MALFORMED = "malformed"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"
    UNVALIDATED = "unvalidated"
    VALIDATED = "validated"


class SpfState(StrEnum):
    """Whether the platform's mail passes SPF, the worst first; NONE without a domain."""

    INEFFECTIVE = "ineffective"
    MISSING = "missing"
    IMPOSSIBLE = "impossible"
    UNKNOWN = "unknown"
    EFFECTIVE = "effective"
    NONE = ""


class DmarcState(StrEnum):
    """The policy that applies to From, after `sp`, `np` and `t`; NOTHING without a domain."""

    ABSENT = "absent"
    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"
    INVALID = "invalid"
    UNKNOWN = "unknown"
    NOTHING = ""


class SmtpState(StrEnum):
    """The login at the company's own server."""

    FAILING = "failing"
    PAUSED = "paused"
    UNKNOWN = "unknown"
    UNCHECKED = "unchecked"
    OK = "ok"
    NOT_USED = "not_used"


@dataclass(frozen=True, slots=True)
class Company:
    """What the judgement needs of a company. Empty strings are "not filled in"; text is as typed."""

    id: str
    name: str
    method: SendingMethod = SendingMethod.PLATFORM
    email: str = ""
    email_validated: bool = False
    from_address: str = ""
    smtp_host: str = ""
    smtp_username: str = ""
    smtp_has_password: bool = False


@dataclass(frozen=True, slots=True)
class SenderOutcome:
    """SPF's result for one of the platform's sending addresses.

    `envelope`: the domain whose record was asked. `matched_name`/`matched_term`: whose term decided, empty if
    none did. `problem`: what broke (term, limit or failed look-up), empty if nothing. Hostile text.
    """

    address: str
    envelope: str
    result: str
    matched_name: str = ""
    matched_term: str = ""
    terms: int = 0
    voids: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One company, judged. `findings`: those that matter first, the worst first. `checked_at`: epoch seconds
    of the oldest fact that it stands on. `spf_records`, `mx_records`: as published, hostile text."""

    domain: str
    verdict: Severity
    cause: str
    address: AddressState
    spf: SpfState
    dmarc: DmarcState
    smtp: SmtpState
    provider: str = ""
    findings: tuple[Finding, ...] = ()
    senders: tuple[SenderOutcome, ...] = ()
    spf_records: tuple[str, ...] = ()
    mx_records: tuple[str, ...] = ()
    dmarc_record: str = ""
    checked_at: float = 0.0
