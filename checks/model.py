"""The words that everything else is said in: severity, rule, evidence, finding."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """How bad it is. Ordered, so that the verdict is the maximum. Unknown is not failure."""

    OK = 0
    NOTE = 1
    UNKNOWN = 2
    WARNING = 3
    FAILURE = 4

    @property
    def word(self) -> str:
        """The lower-case word of the export: ok, note, unknown, warning, failure."""
        return self.name.lower()


class Topic(StrEnum):
    """What a rule is about. The order is the order of ties between equally bad findings."""

    ADDRESS = "address"
    SMTP = "smtp"
    SPF = "spf"
    DMARC = "dmarc"
    MX = "mx"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can be said, written once.

    `code` is STANDARD_WHAT_IS_WRONG. `title` is one sentence and may hold `{about}`; `meaning` says what it
    does to the mail; `fix` what to do; `source` the RFC section or the provider's page.
    """

    code: str
    topic: Topic
    severity: Severity
    title: str
    meaning: str
    fix: str
    source: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was expected and what was found, as published. `found` is hostile text."""

    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that holds for one name or server, with its evidence. Never a sentence.

    `severity` is the rule's, or what is left of it for this company's method; `matters` says whether the
    finding counts in the verdict of that method or is told for the audit alone.
    """

    rule: str
    severity: Severity
    about: str
    evidence: tuple[Evidence, ...] = ()
    matters: bool = True

    @property
    def for_the_audit(self) -> Finding:
        """The same, told and never counted."""
        return Finding(self.rule, self.severity, self.about, self.evidence, False) if self.matters else self
