"""`checks domain` for people: the verdict, why, the record to publish, and what receivers make of our mail."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from checks import catalogue
from checks.company import SenderOutcome
from checks.dmarc import receiver_rules
from checks.dmarc.receivers import WHY, Expectation, Fate
from checks.domain_name import display
from checks.model import Finding, Severity
from checks.report import Report
from checks.spf import repair_rules
from checks.spf.advice import Advice, Answered, Change, ChangeKind, Standing
from checks.terminal import marked, plain

_TONES = {
    Severity.OK: "good",
    Severity.NOTE: "quiet",
    Severity.UNKNOWN: "open",
    Severity.WARNING: "bad",
    Severity.FAILURE: "bad",
}
_FATES = {Fate.ACCEPTED: "good", Fate.AT_RISK: "bad", Fate.REFUSED: "bad", Fate.UNKNOWN: "open"}
_DIFF = {
    ChangeKind.KEPT: " ",
    ChangeKind.MOVED: "↕",
    ChangeKind.MENDED: "~",
    ChangeKind.REMOVED: "-",
    ChangeKind.ADDED: "+",
}


def show(report: Report, to: Console) -> None:
    """One domain, the answer first."""
    told = report.diagnosis
    shown = display(told.domain)
    name = told.domain if shown == told.domain else f"{shown} ({told.domain})"
    to.print(Text.assemble(plain(name, "bold"), "  ", marked(told.verdict.name, _TONES[told.verdict])))
    to.print(plain(f"  SPF {told.spf}, DMARC {told.dmarc}, mail at {told.provider or 'an unknown provider'}"))
    to.print(_senders(told.senders))
    _findings([f for f in told.findings if f.matters and f.severity > Severity.OK], to)
    if report.advice:
        _advice(report.advice, to)
    _published(report, to)
    if report.delivery:
        fate = report.delivery
        to.print("\nDelivered directly, a receiver that follows the standards", end=" ")
        to.print(marked(fate.fate, _FATES[fate.fate]), plain(f"  {WHY[fate.why]}"))
        to.print(_receivers(report.expectations))
    in_the_table = {rule.code for rule in receiver_rules.RULES}
    audit = [
        f for f in told.findings if not f.matters and f.severity > Severity.OK and f.rule not in in_the_table
    ]
    if audit:
        to.print("\nFor the audit", style="bold")
        _findings(audit, to)


def _senders(senders: tuple[SenderOutcome, ...]) -> Table:
    table = _table("from", "result", "decided by", "terms", "voids")
    for sender in senders:
        by = (
            f"{sender.matched_term} in the record of {sender.matched_name}"
            if sender.matched_term
            else sender.problem
        )
        kind = {"pass": "good", "temperror": "open"}.get(sender.result, "bad")
        numbers = (str(sender.terms), str(sender.voids))
        table.add_row(plain(sender.address), marked(sender.result, kind), plain(by), *numbers)
    return table


def _findings(findings: list[Finding], to: Console) -> None:
    for finding in findings:
        rule = catalogue.RULES[finding.rule]
        to.print(marked(f"{finding.severity.word}: {catalogue.title(finding)}", _TONES[finding.severity]))
        for evidence in finding.evidence:
            to.print(plain(f"    expected {evidence.expected}; found {evidence.found}"))
        to.print(plain(f"    → {rule.fix}"), plain(f"{rule.code}, {rule.source}", "dim"))


def _advice(advice: Advice, to: Console) -> None:
    to.print(Text.assemble("\nWhat to publish: ", plain(advice.standing)), style="bold")
    if advice.standing is not Standing.NOTHING and advice.record:
        quoted = " ".join(f'"{string}"' for string in advice.strings)
        to.print(plain(f"  {advice.domain}. TXT {quoted}"))
        size = advice.size
        voids = f"{size.voids[0]} void from IPv4, {size.voids[1]} from IPv6"
        to.print(plain(f"  in all {size.terms} of 10 terms, {voids}, {size.octets} octets", "dim"))
        for change in advice.changes:
            if change.kind is not ChangeKind.KEPT:
                to.print(plain(f"  {_DIFF[change.kind]} {_change(change)}"))
    for collision in advice.collisions:
        to.print(marked(repair_rules.sentence(collision.rule, collision.about), "bad"))
        for loser in collision.losers:
            to.print(plain(f"    who may lose: those authorised by {loser}"))
    for question in advice.questions:
        to.print(marked(repair_rules.asked(question), "open"))
        if question.answer:
            _answered(question.answer, to)
    for other in advice.alternatives:
        to.print(plain(f"  or: {repair_rules.sentence(other.rule, ', '.join(other.terms))}"))
        if other.record:
            to.print(plain(f"      {other.record}"))


def _answered(answer: Answered, to: Console) -> None:
    """The record to publish if that was meant."""
    to.print(plain(f"    if so: {answer.record}"))
    to.print(plain(f"           in all {answer.size.terms} of 10 terms, {answer.size.octets} octets", "dim"))
    for loser in answer.losers:
        to.print(plain(f"           who may lose: those authorised by {loser}"))


def _change(change: Change) -> str:
    terms = (t for t in dict.fromkeys((change.before, change.after)) if t)
    return f"{change.kind} {' → '.join(terms)}"


def _published(report: Report, to: Console) -> None:
    told = report.diagnosis
    to.print("\nAs published", style="bold")
    for record in told.spf_records or ("(no SPF record)",):
        to.print(plain(f"  SPF    {record}"))
    if report.facts.spf:
        costs = report.facts.spf.costs
        voids = f"voids {costs.voids(4)} from IPv4, {costs.voids(6)} from IPv6"
        to.print(plain(f"         for a stranger: terms {costs.terms}, {voids}", "dim"))
    to.print(plain(f"  DMARC  {told.dmarc_record or '(none)'}"))
    for mx in told.mx_records or ("(none)",):
        to.print(plain(f"  MX     {mx}"))


def _receivers(expectations: tuple[Expectation, ...]) -> Table:
    table = _table("public rules of", "senders", "our mail", "what is missing")
    for one in expectations:
        unmet = "; ".join(f"{e.expected} (now: {e.found})" for e in one.unmet)
        large = "5,000 a day and more" if one.large else "smaller"
        table.add_row(plain(one.receiver), large, marked(one.fate, _FATES[one.fate]), plain(unmet))
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, show_edge=False, header_style="dim")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
