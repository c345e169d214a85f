"""`checks domain` for people: the verdict, why, the record to publish, and what receivers make of our mail."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from checks import catalogue
from checks.company import Diagnosis, SenderOutcome
from checks.dmarc import receiver_rules
from checks.dmarc.receivers import WHY, Expectation, Fate
from checks.domain_name import display
from checks.model import Finding, Severity
from checks.report import Report
from checks.spf import repair_rules
from checks.spf.advice import Advice, Answered, Change, ChangeKind, Size, Standing
from checks.terminal import marked, plain

TONES = {
    Severity.OK: "good",
    Severity.NOTE: "quiet",
    Severity.UNKNOWN: "open",
    Severity.WARNING: "bad",
    Severity.FAILURE: "bad",
}
_FATES = {Fate.ACCEPTED: "good", Fate.AT_RISK: "bad", Fate.REFUSED: "bad", Fate.UNKNOWN: "open"}
_HEADINGS = {
    Standing.PUBLISH: "What to publish, as the one SPF record of the domain",
    Standing.NOTHING: "What to publish: nothing to change for our mail",
}
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
    to.print(Text.assemble(plain(name, "bold"), "  ", marked(told.verdict.name, TONES[told.verdict])))
    to.print(plain(f"  SPF {told.spf}, DMARC {told.dmarc}, {_provider(told)}"))
    to.print(_senders(told.senders))
    show_findings([f for f in told.findings if f.matters and f.severity > Severity.OK], to)
    if report.advice:
        _advice(report.advice, to)
    _published(report, to)
    if report.delivery:
        fate = report.delivery
        to.print("\nDelivered directly, at a receiver that follows the standards:", end=" ")
        to.print(marked(fate.fate, _FATES[fate.fate]), plain(f"– {WHY[fate.why]}"))
        to.print(_receivers(report.expectations))
    in_the_table = {rule.code for rule in receiver_rules.RULES}
    audit = [
        f for f in told.findings if not f.matters and f.severity > Severity.OK and f.rule not in in_the_table
    ]
    if audit:
        to.print("\nFor the audit", style="bold")
        show_findings(audit, to)


def _provider(told: Diagnosis) -> str:
    if told.provider:
        return f"mail at {told.provider}"
    return "mail at a provider that we do not know" if told.mx_records else "no MX records"


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


def show_findings(findings: list[Finding], to: Console) -> None:
    """Each with what was expected and found, and what to do."""
    for finding in findings:
        rule = catalogue.RULES[finding.rule]
        to.print(marked(f"{finding.severity.word}: {catalogue.title(finding)}", TONES[finding.severity]))
        for evidence in finding.evidence:
            to.print(plain(f"    expected {evidence.expected}; found {evidence.found}"))
        to.print(plain(f"    → {rule.fix}"), plain(f"{rule.code}, {rule.source}", "dim"))


def _advice(advice: Advice, to: Console) -> None:
    heading = _HEADINGS.get(advice.standing, f"What to publish: {advice.standing}")
    to.print(Text.assemble("\n", plain(heading)), style="bold")
    if advice.standing is not Standing.NOTHING and advice.record:
        to.print(plain(f"  {advice.record}"))
        if (
            len(advice.strings) > 1
        ):  # quotes pasted into a panel break the record, so only where they are needed
            quoted = " ".join(f'"{string}"' for string in advice.strings)
            to.print(plain(f"  in a zone file: {advice.domain}. TXT {quoted}"))
        to.print(plain(f"  {_size(advice.size)}", "dim"))
        for change in advice.changes:
            if change.kind is not ChangeKind.KEPT:
                to.print(
                    plain(f"  {_DIFF[change.kind]} {_change(change)}"), plain(f"– {_why(change)}", "dim")
                )
    for collision in advice.collisions:
        tone = TONES[repair_rules.BY_CODE[collision.rule].severity]
        to.print(marked(repair_rules.sentence(collision.rule, collision.about), tone))
        for loser in collision.losers:
            to.print(plain(f"    {repair_rules.paid_by(collision.rule)}: those authorised by {loser}"))
    _questions(advice, to)
    for other in advice.alternatives:
        to.print(plain(f"  or: {repair_rules.sentence(other.rule, ', '.join(other.terms))}"))
        if other.record:
            to.print(plain(f"      {other.record}"))


def _why(change: Change) -> str:
    """Why a term changes; what is asked about it stands with the question."""
    if repair_rules.BY_CODE[change.rule].title.endswith("?"):
        return f"{'the rest is ' if change.after else ''}left out until it is answered"
    return repair_rules.sentence(change.rule, "it")


def _questions(advice: Advice, to: Console) -> None:
    """Each question, and once for all of a kind what it is about."""
    explained: set[str] = set()
    for question in advice.questions:
        to.print(marked(repair_rules.asked(question), "open"))
        if question.rule not in explained:
            to.print(plain(f"    {repair_rules.BY_CODE[question.rule].meaning}", "dim"))
            explained.add(question.rule)
        if question.answer:
            _answered(question.answer, to)


def _size(size: Size) -> str:
    """The worst case, in the words that the published record is counted in."""
    terms = f"{size.terms} or more" if size.unknown else f"{size.terms}"
    voids = f"voids at most {size.voids[0]} from IPv4, {size.voids[1]} from IPv6 (limit 2)"
    return f"for a stranger: terms {terms} (limit 10), {voids}; {size.octets} octets"


def _answered(answer: Answered, to: Console) -> None:
    """The record to publish if that was meant."""
    to.print(plain(f"    if so: {answer.record}"))
    to.print(plain(f"           {_size(answer.size)}", "dim"))
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
    if report.facts.spf and report.facts.spf.tree.root.record:
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
