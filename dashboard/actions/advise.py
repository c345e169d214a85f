"""What to publish, worked out from stored answers: no packet leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sqlalchemy.orm import Session

from checks import report
from checks.company import SendingMethod
from checks.dmarc.receivers import Expectation
from checks.platform import Platform
from checks.report import Report
from checks.spf import repair_rules
from checks.spf.advice import Advice, Answered, Change, ChangeKind, Size
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


def as_published(strings: Sequence[str]) -> str:
    """A record as a zone file has it: strings of at most 255 octets."""
    return " ".join(f'"{string}"' for string in strings)


def difference(advice: Advice) -> str:
    """What changes, a term a line, with the signs of a diff; no line holds hostile text."""
    return "\n".join(block(f"{_SIGNS[change.kind]} {_terms(change)}") for change in advice.changes)


def size(record: Size) -> str:
    """What a record will cost a sender that nothing matches."""
    terms = f"{record.terms} or more" if record.unknown else f"{record.terms}"
    four, six = record.voids
    return (
        f"For a stranger: {terms} of at most 10 terms, {four} of at most 2 void from IPv4, {six} from IPv6;"
        f" {record.octets} octets"
    )


def collisions(advice: Advice) -> list[tuple[str, str, tuple[str, ...]]]:
    """Where goals collide: the sentence, and what holds for the senders of which terms."""
    return [
        (repair_rules.sentence(c.rule, c.about), repair_rules.paid_by(c.rule), c.losers)
        for c in advice.collisions
    ]


def questions(advice: Advice) -> list[tuple[str, str, Answered | None]]:
    """What has to be asked, why (once for all questions of a kind), and what holds if that was meant."""
    first = {question.rule: question for question in reversed(advice.questions)}
    return [
        (repair_rules.asked(q), repair_rules.BY_CODE[q.rule].meaning if first[q.rule] is q else "", q.answer)
        for q in advice.questions
    ]


def alternatives(advice: Advice) -> list[tuple[str, str]]:
    """Other ways: the trade, and the record, empty where it is none of SPF's."""
    return [(repair_rules.sentence(a.rule, ", ".join(a.terms)), a.record) for a in advice.alternatives]


def missing(expected: Expectation) -> str:
    """What a receiver wants and does not get."""
    return "; ".join(f"{e.expected} (now: {e.found})" for e in expected.unmet)


def _terms(change: Change) -> str:
    terms = [term for term in dict.fromkeys((change.before, change.after)) if term]
    return " → ".join(terms)
