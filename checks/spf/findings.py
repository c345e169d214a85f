"""How SPF's findings are made: evidence as published, and never more of it than a person reads."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from checks.model import Evidence, Finding, Rule
from checks.spf.health_rules import TOLD_ONLY
from checks.spf.mend import mends
from checks.spf.record import Record
from checks.spf.typing_slips import odd_characters

MOST = 10
"""Pieces of evidence for one finding; a hostile record has thousands."""
LONGEST = 2000
"""Characters of one piece."""


def finding(rule: Rule, about: str, *evidence: Evidence) -> Finding:
    return Finding(rule.code, rule.severity, about, evidence, matters=rule.code not in TOLD_ONLY)


def told(rule: Rule, about: str, evidence: Iterable[Evidence]) -> Finding | None:
    """The rule with its evidence, the same piece once; None where there is none."""
    some = list(islice(evidence, 10 * MOST))
    if not some:
        return None
    some = list(dict.fromkeys(map(_short, some)))
    if len(some) > MOST:
        some[MOST:] = [Evidence(some[MOST].expected, f"… and {len(some) - MOST} more")]
    return finding(rule, about, *some)


def _short(evidence: Evidence) -> Evidence:
    if len(evidence.expected) + len(evidence.found) <= LONGEST:
        return evidence
    return Evidence(shortened(evidence.expected), shortened(evidence.found))


def shortened(text: str) -> str:
    """Hostile text, cut where nobody reads on."""
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def syntax(parsed: Record) -> tuple[Evidence, ...]:
    """The terms that do not parse: what is expected in which column (from 1), and what can only have been meant."""
    meant = {m.start: m for m in mends(parsed)}
    found: list[Evidence] = []
    done = 0
    for problem in parsed.problems:
        if problem.column < done:
            continue
        mend = meant.get(problem.column)
        said = f"{problem.expected} (column {problem.column + 1})"
        odd = ", ".join(odd_characters(problem.text[:LONGEST]))
        said += f"; it holds {odd}" if odd else ""
        if mend:
            done = mend.end
            said += f"; to be written: {mend.instead}" if mend.instead else "; to be removed"
        found.append(Evidence(said, shortened(mend.text if mend else problem.text)))
        if len(found) == MOST:
            break
    return tuple(found)
