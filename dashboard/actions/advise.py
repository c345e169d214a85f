"""What to publish, worked out from stored answers: no packet leaves."""

from __future__ import annotations

import asyncio

from sqlalchemy.orm import Session

from checks import report
from checks.company import SendingMethod
from checks.dmarc.receivers import Expectation
from checks.platform import Platform
from checks.report import Report
from checks.spf import repair_rules
from checks.spf.advice import Advice, Answered, Change, ChangeKind
from dashboard.actions.plain_text import block
from data import companies
from data.observations import StoredResolver

_SIGNS = {
    ChangeKind.KEPT: " ",
    ChangeKind.MOVED: "!",
    ChangeKind.MENDED: "!",
    ChangeKind.REMOVED: "-",
    ChangeKind.ADDED: "+",
}


def for_company(session: Session, company_id: str, platform: Platform | None) -> Report | None:
    """The full report on a company that sends as itself; None for others, or when the platform is not set up."""
    company = next(companies.for_scan(session, [company_id]), None)
    if company is None or platform is None or company.method is not SendingMethod.OWN_ADDRESS:
        return None
    return asyncio.run(report.make(company, platform, StoredResolver(session)))


def as_published(advice: Advice) -> str:
    """The record as a zone file has it: strings of at most 255 octets."""
    return " ".join(f'"{string}"' for string in advice.strings)


def difference(advice: Advice) -> str:
    """What changes, a term a line, with the signs of a diff; no line holds hostile text."""
    return "\n".join(block(f"{_SIGNS[change.kind]} {_terms(change)}") for change in advice.changes)


def size(advice: Advice) -> str:
    """What the record will cost a sender that nothing matches."""
    four, six = advice.size.voids
    return (
        f"For a stranger: {advice.size.terms} of at most 10 terms, {four} of at most 2 void from IPv4,"
        f" {six} from IPv6; {advice.size.octets} octets"
    )


def sentences(advice: Advice) -> list[tuple[str, str, tuple[str, ...]]]:
    """Where goals collide and what has to be asked: the sentence, and what holds for the senders of which terms."""
    collisions = [
        (repair_rules.sentence(c.rule, c.about), repair_rules.paid_by(c.rule), c.losers)
        for c in advice.collisions
    ]
    return collisions + [(repair_rules.asked(q), "", ()) for q in advice.questions]


def alternatives(advice: Advice) -> list[tuple[str, str]]:
    """Other ways: the trade, and the record, empty where it is none of SPF's; first those that an answer opens."""
    answers = [(f"If {a.term} was meant, publish this record.", a.record) for a in _answers(advice)]
    return answers + [
        (repair_rules.sentence(a.rule, ", ".join(a.terms)), a.record) for a in advice.alternatives
    ]


def _answers(advice: Advice) -> list[Answered]:
    return [q.answer for q in advice.questions if q.answer]


def missing(expected: Expectation) -> str:
    """What a receiver wants and does not get."""
    return "; ".join(f"{e.expected} (now: {e.found})" for e in expected.unmet)


def _terms(change: Change) -> str:
    terms = [term for term in dict.fromkeys((change.before, change.after)) if term]
    return " → ".join(terms)
