"""What a what-if found, for people. Names and records are hostile: only what prints gets to the terminal."""

from __future__ import annotations

from itertools import islice

from rich import box
from rich.table import Table
from rich.text import Text

from checks.command import printable
from checks.company import SendingMethod
from checks.model import Finding
from checks.platform import Platform
from checks.terminal import Output
from data.what_if import Change, Group, Proposal, Report, proposal

_SAYS = {
    Group.LOSES: "lose: our mail passes now, and would not any more",
    Group.UNKNOWN: "become unknown: they lead to names of which nothing is stored",
    Group.PARTLY: "would pass from some of our addresses only",
    Group.OVER_FOR_US: "go over the limit of 10 look-ups before they reach our mail",
    Group.OVER_FOR_OTHERS: "go over 10 look-ups in all: not our mail, but senders behind the tenth",
    Group.GAINS: "gain: our mail does not pass now, and would",
}
_NAME = 32
_LONGEST = 120
_WIDE = 160
"""Columns, elsewhere than on a terminal."""


def show(report: Report, proposed: Proposal, platform: Platform, most: int) -> None:
    """Print it, with `most` companies of each group."""
    console = Output(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = _WIDE
    for line in (*_warnings(report), *_about_fleet(report, proposed, platform)):
        console.print(line, soft_wrap=True)
    for group in Group:
        total = sum(report.counts(group).values())
        line = f"{total:,} {_SAYS[group]}{_by_method(report, group)}" if total else _nobody(group)
        console.print(line, soft_wrap=True)
        if total:
            console.print(_table(report, group, most))
        if total > most:
            console.print(
                f"  … and {total - most:,} more: --json has them all, --show N more of them", soft_wrap=True
            )


def _nobody(group: Group) -> str:
    return f"0 {_SAYS[group].partition(':')[0]}"


def _warnings(report: Report) -> list[str]:
    lines = []
    for flaw in report.flaws:
        rule = proposal.BY_CODE[flaw.rule]
        lines.append(printable(f"{flaw.severity.name} {flaw.rule}: {proposal.title(flaw)}"))
        lines += [printable(f"  expected {e.expected}, found {e.found}") for e in flaw.evidence]
        lines.append(f"  → {rule.meaning} {rule.fix} [{rule.source}]")
    return lines


def _about_fleet(report: Report, proposed: Proposal, platform: Platform) -> list[str]:
    when = f", last scan {report.scanned_at:%Y-%m-%d %H:%M} UTC" if report.scanned_at else ""
    addresses = ", ".join(map(str, proposed.addresses or platform.sending_addresses))
    lines = [
        f"From what is stored{when}; our mail from {addresses}.",
        f"{report.companies:,} companies: {report.judged:,} can be touched by it and were judged before and after.",
    ]
    if report.shared:
        lines.append(f"{report.shared:,} are at domains shared by everybody, where SPF is impossible anyway.")
    if report.differ:
        lines.append(
            f"Note: for {report.differ:,} the verdict on the pages says something else than their stored records "
            "do today: another scan brings them together."
        )
    if not platform.asks_company_spf:
        lines.append("Note: receivers ask our own domain for SPF, so all of this is for the audit alone.")
    return lines + (_own(report.own) if report.own else [])


def _own(change: Change) -> list[str]:
    """What becomes of the platform's own domain, in one line."""
    before, after = change.difference.before.spf, change.difference.after.spf
    if before is after:
        return [f"Our own domain {printable(change.domain)} stays {after}."]
    why = f" ({change.difference.reason.rule})" if change.difference.reason else ""
    return [f"Our own domain {printable(change.domain)}: {before} → {after}{why}."]


def _by_method(report: Report, group: Group) -> str:
    counts = report.counts(group)
    audit = "" if any(change.matters for change in report.of(group)) else ", for the audit alone"
    said = (f"{counts[method]:,} {method}" for method in SendingMethod if counts[method])
    return f" ({', '.join(said)}{audit})"


def _table(report: Report, group: Group, most: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("company", "name", "domain", "method", "spf", "look-ups"):
        table.add_column(column, no_wrap=True, max_width=_NAME)
    table.add_column("why", overflow="fold")
    # Those for whom it matters first.
    chosen = sorted(report.of(group), key=lambda change: not change.matters)
    for change in islice(chosen, most):
        table.add_row(*map(_cell, _cells(change)))
    return table


def _cells(change: Change) -> tuple[str, ...]:
    before, after = change.difference.before, change.difference.after
    return (
        change.company_id,
        change.name,
        change.domain,
        str(change.method),
        str(after.spf) if before.spf is after.spf else f"{before.spf} → {after.spf}",
        str(after.terms) if before.terms == after.terms else f"{before.terms} → {after.terms}",
        _why(change.difference.reason),
    )


def _why(reason: Finding | None) -> str:
    if reason is None:
        return ""
    found = "; ".join(evidence.found for evidence in reason.evidence if evidence.found)
    return f"{reason.rule}: {found}" if found else reason.rule


def _cell(text: str) -> Text:
    shown = printable(text)
    return Text(shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…")
