"""A company's record, and what must and must not be said of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from checks.company import Diagnosis
from tests.checks.test_diagnosis import MX, told


@dataclass(frozen=True)
class Scenario:
    """`found`: rule code → what must stand in its evidence, as `expected → found`; `never`: codes that must not be
    said; `cause`: the verdict's, where it matters."""

    says: str
    records: str
    found: dict[str, str] = field(default_factory=dict)
    never: tuple[str, ...] = ()
    cause: str | None = None


def record(text: str, more: str = "") -> str:
    return f"{MX}acme.example TXT {text}\n{more}"


def evidence(diagnosis: Diagnosis, code: str) -> str:
    return "\n".join(
        f"{e.expected} → {e.found}" for f in diagnosis.findings if f.rule == code for e in f.evidence
    )


def is_told(scenario: Scenario) -> Diagnosis:
    """Assert that all of it is said, and nothing that must not be."""
    diagnosis = told(scenario.records)
    for code, text in scenario.found.items():
        assert text in evidence(diagnosis, code), diagnosis.findings
    assert not {f.rule for f in diagnosis.findings} & set(scenario.never), diagnosis.findings
    if scenario.cause is not None:
        assert diagnosis.cause == scenario.cause, diagnosis.findings
    return diagnosis
