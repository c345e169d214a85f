"""The words, icons and colours for what the facts say. A colour never stands without its word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from checks.company import AddressState, DmarcState, SendingMethod, SmtpState, SpfState
from checks.model import Severity, Topic
from checks.smtp.discover import Confidence
from checks.smtp.result import Security
from data.companies_search import UNCHECKED, Order, Problem


@dataclass(frozen=True, slots=True)
class Word:
    """How something is called: its label, a sign for tables, a Material icon, one of Streamlit's colours."""

    label: str
    sign: str
    icon: str
    color: str

    @property
    def signed(self) -> str:
        return f"{self.sign} {self.label}"


FAILING = Word("Failing", "✕", "error", "red")
WARNING = Word("Warning", "!", "warning", "orange")
UNKNOWN = Word("Unknown", "?", "help", "violet")
NOTED = Word("OK, with notes", "✓", "info", "blue")
FINE = Word("OK", "✓", "check_circle", "green")
NOT_CHECKED = Word("Not checked", "–", "schedule", "gray")
NOT_VALIDATED = Word("E-mail not validated", "!", "priority_high", "red")

VERDICTS: Mapping[str, Word] = {
    Severity.FAILURE.word: FAILING,
    Severity.WARNING.word: WARNING,
    Severity.UNKNOWN.word: UNKNOWN,
    Severity.NOTE.word: NOTED,
    Severity.OK.word: FINE,
    UNCHECKED: NOT_CHECKED,
}
FINDINGS: Mapping[Severity, Word] = {
    Severity.FAILURE: Word("Failure", "✕", "error", "red"),
    Severity.WARNING: WARNING,
    Severity.UNKNOWN: UNKNOWN,
    Severity.NOTE: Word("Note", "i", "info", "blue"),
    Severity.OK: FINE,
}
METHODS: Mapping[SendingMethod, str] = {
    SendingMethod.PLATFORM: "Platform's address",
    SendingMethod.OWN_ADDRESS: "Own address",
    SendingMethod.OWN_SERVER: "Own server",
}
PROBLEMS: Mapping[Problem, str] = {
    Problem.UNVALIDATED: "E-mail not validated",
    Problem.UNREACHABLE: "E-mail takes no mail",
    Problem.SPF_MISSING: "SPF missing",
    Problem.SPF_INEFFECTIVE: "SPF ineffective",
    Problem.SPF_IMPOSSIBLE: "SPF impossible",
    Problem.SPF_UNKNOWN: "SPF unknown",
    Problem.SMTP_FAILING: "Login failing",
    Problem.SMTP_PAUSED: "Login paused",
    Problem.SMTP_UNKNOWN: "Login unknown",
    Problem.SMTP_UNCHECKED: "Login not tried",
    Problem.SMTP_OK: "Login works",
}
ORDERS: Mapping[Order, str] = {
    Order.WORST: "Worst first",
    Order.NAME: "Name",
    Order.NUMBER: "Number",
    Order.CHECKED: "Checked longest ago",
}
ADDRESS: Mapping[str, Word] = {
    AddressState.MISSING: Word("missing", "!", "priority_high", "red"),
    AddressState.MALFORMED: Word("malformed", "!", "priority_high", "red"),
    AddressState.UNREACHABLE: Word("takes no mail", "✕", "error", "red"),
    AddressState.UNKNOWN: Word("unknown", "?", "help", "violet"),
    AddressState.UNVALIDATED: Word("not validated", "!", "priority_high", "red"),
    AddressState.VALIDATED: Word("validated", "✓", "check_circle", "gray"),
}
SPF: Mapping[str, str] = {
    SpfState.INEFFECTIVE: "✕ ineffective",
    SpfState.MISSING: "✕ missing",
    SpfState.IMPOSSIBLE: "✕ impossible",
    SpfState.UNKNOWN: "? unknown",
    SpfState.EFFECTIVE: "✓ effective",
}
SPF_EXPLAINED: Mapping[SpfState, str] = {
    SpfState.INEFFECTIVE: (
        "Our mail does not pass from every address we send from, though the company's DNS names us or lets some"
        " of it pass."
    ),
    SpfState.MISSING: "Our mail does not pass, and nothing in the company's SPF record names us.",
    SpfState.IMPOSSIBLE: "The domain is shared by everybody: the company cannot publish a record there.",
    SpfState.UNKNOWN: "Whether our mail passes could not be looked up.",
    SpfState.EFFECTIVE: "Our mail passes SPF from every address we send from.",
    SpfState.NONE: "The company has no domain.",
}
DMARC: Mapping[str, str] = {
    DmarcState.ABSENT: "absent",
    DmarcState.NONE: "none",
    DmarcState.QUARANTINE: "quarantine",
    DmarcState.REJECT: "reject",
    DmarcState.INVALID: "! invalid",
    DmarcState.UNKNOWN: "? unknown",
}
LOGINS: Mapping[str, Word] = {
    SmtpState.FAILING: Word("failing", "✕", "error", "red"),
    SmtpState.PAUSED: Word("paused", "✕", "pause_circle", "red"),
    SmtpState.UNKNOWN: Word("unknown", "?", "help", "violet"),
    SmtpState.UNCHECKED: Word("not tried", "–", "schedule", "gray"),
    SmtpState.OK: Word("works", "✓", "check_circle", "green"),
}
LOGINS_EXPLAINED: Mapping[str, str] = {
    SmtpState.FAILING: "We do not get in at the server, so none of the company's mail leaves.",
    SmtpState.PAUSED: (
        "The server refused us, and no other try is made by itself: more of them could lock the account."
    ),
    SmtpState.UNKNOWN: "Whether the server lets us in is not known: the last try said nothing about it.",
    SmtpState.UNCHECKED: "Whether the server lets us in is not known.",
    SmtpState.OK: (
        "The server lets us in. No message was sent for this: whether it takes mail from the company's address,"
        " only a real one tells."
    ),
}
LOGINS_TRIED: Mapping[str, str] = {
    SmtpState.FAILING: "We did not get in at the server.",
    SmtpState.PAUSED: "We did not get in at the server, and do not try again by ourselves.",
    SmtpState.UNKNOWN: "Whether the server lets us in is still not known.",
    SmtpState.OK: "The server let us in.",
}
CONFIDENCES: Mapping[Confidence, str] = {
    Confidence.SURE: "sure",
    Confidence.LIKELY: "likely",
    Confidence.TO_CONFIRM: "to be confirmed by the company",
    Confidence.GUESS: "a guess",
}
SECURITIES: Mapping[str, str] = {
    Security.IMPLICIT: "TLS from the start (implicit)",
    Security.STARTTLS: "STARTTLS",
}
STORED = "stored, encrypted"
TOPICS: Mapping[Topic, str] = {
    Topic.ADDRESS: "Profile",
    Topic.SMTP: "SMTP login",
    Topic.SPF: "SPF",
    Topic.DMARC: "DMARC",
    Topic.MX: "Receiving mail (MX)",
}
RESULTS: Mapping[str, str] = {
    "pass": "✓ passes",
    "fail": "✕ fails",
    "softfail": "✕ softfail",
    "neutral": "✕ neutral",
    "none": "✕ no record",
    "permerror": "✕ permerror",
    "temperror": "? temperror",
}


def counted(number: int, one: str, many: str) -> str:
    """`1 company`, `1,234 companies`."""
    return f"{number:,} {one if number == 1 else many}"


def percent(fraction: float | None) -> str:
    """`12.3 %`; never 100 % while one is missing, nor 0 % while there is one."""
    if fraction is None:
        return "–"
    if 0 < fraction < 1:
        fraction = min(max(fraction, 0.001), 0.999)
    return f"{fraction:.1%}".replace(".0%", "%").replace("%", " %")
