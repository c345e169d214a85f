"""What the commands print for people: aligned, coloured where the terminal has colours, and never by colour alone.

Everything here that came from outside goes through `printable` first, and never through rich's markup.
"""

from __future__ import annotations

import errno
import os
from typing import NoReturn

from rich.console import Console
from rich.table import Table
from rich.text import Text

from checks.command import printable
from checks.lookup import Absent, LookupFailed, Txt
from checks.lookup import Result as LookupResult
from checks.spf.outcome import Outcome, Result
from checks.spf.trace import Step

# Blue and orange, told apart by nearly everybody; the word and the sign say the same.
_STYLES = {"good": "bold blue", "bad": "bold orange3", "open": "magenta", "match": "bold", "quiet": "dim"}
_SIGNS = {"good": "✓", "bad": "✗", "open": "?", "match": "→", "quiet": "·"}
_OF_VERDICT = {"matches": "match", "no match": "quiet", "followed": "quiet", "ended": "bad", "": "quiet"}


class Output(Console):
    """Standard output, whose reader may go away: how the command ends is `checks.command.run`'s to say."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def console(width: int | None = None) -> Console:
    """Standard output; lines are not cut when it is no terminal."""
    shown = Output(highlight=False, soft_wrap=True, width=width)
    return (
        shown if shown.is_terminal else Output(highlight=False, width=max(shown.width, 160), soft_wrap=True)
    )


def tone(result: Result) -> str:
    if result is Result.PASS:
        return "good"
    return "open" if result is Result.TEMPERROR else "bad"


def marked(text: str, kind: str) -> Text:
    """A word with its sign, in the colour of its kind."""
    return Text(f"{_SIGNS[kind]} {printable(text)}", style=_STYLES[kind])


def plain(text: str, style: str = "") -> Text:
    """Hostile text, as it is."""
    return Text(printable(text), style=style)


def show_outcome(outcome: Outcome, to: Console) -> None:
    """One evaluation: the result, what decided or broke, and every term with what it asked."""
    counts = f"{outcome.terms} of 10 terms, {outcome.voids} of 2 void ({outcome.address_family})"
    to.print(marked(str(outcome.result), tone(outcome.result)), plain(f"  {counts}"))
    for match in outcome.path:
        to.print(plain(f"  by {match.term} in the record of {match.name}"))
    if found := outcome.problem:
        said = ": ".join(part for part in (found.term, found.detail) if part)
        to.print(plain(f"  {found.kind} at {found.name}" + (f": {said}" if said else "")))
    if outcome.explanation:
        to.print(plain(f"  the domain says: {outcome.explanation}"))
    if outcome.steps:
        to.print(_steps(outcome.steps))


def _steps(steps: tuple[Step, ...]) -> Table:
    table = Table(box=None, pad_edge=True, show_edge=False, header_style="dim")
    for heading in ("term", "asks", "answer", "terms", "voids"):
        table.add_column(
            heading, justify="right" if heading in ("terms", "voids") else "left", overflow="fold"
        )
    for step in steps:
        kind = _OF_VERDICT[step.verdict]
        term = "  " * step.depth + (step.term or f"record of {step.name}")
        table.add_row(
            marked(term, kind), plain(_target(step)), plain(_answers(step)), str(step.terms), str(step.voids)
        )
    return table


def _target(step: Step) -> str:
    if not step.lookups:
        return step.target
    types = ", ".join(dict.fromkeys(str(found.type) for found in step.lookups))
    return f"{step.lookups[0].name} {types}"


def _answers(step: Step) -> str:
    return "; ".join(_answer(found) for found in step.lookups)


def _answer(found: LookupResult) -> str:
    if isinstance(found, LookupFailed):
        return f"no answer ({found.reason}{f' from {found.server}' if found.server else ''})"
    if isinstance(found, Absent):
        return "no such name (void)" if found.nxdomain else "nothing there (void)"
    shown = [r.text if isinstance(r, Txt) else str(getattr(r, "exchange", r)) for r in found.records]
    spf = [text for text in shown if text.lower().startswith("v=spf1")]
    return ", ".join(spf or shown)[:200]


def step_as_json(step: Step) -> dict[str, object]:
    """A step for `--json`."""
    return {
        "name": step.name,
        "depth": step.depth,
        "term": step.term,
        "qualifier": step.qualifier,
        "domain": step.domain,
        "target": step.target,
        "lookups": [
            {
                "name": found.name,
                "type": found.type,
                "answer": _answer(found),
                "void": isinstance(found, Absent),
            }
            for found in step.lookups
        ],
        "terms": step.terms,
        "voids": step.voids,
        "verdict": step.verdict,
    }
