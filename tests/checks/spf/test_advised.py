"""All that the repair says in every case, to the letter: the changes with their rules, who loses, what is asked, and
each other way with its price.

What stands in `advised.json` was read by a person when it was written. `SENDWELL_WRITE_TOLD=1` writes it anew after a
change that is meant; the difference is then to be read, line by line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from checks.spf.advice import Advice, Change, Question, Size, strings_of
from tests.checks.spf import test_repair, test_repair_details
from tests.support.read import as_read


def cases() -> Iterator[tuple[str, Advice]]:
    for case in (*test_repair.CASES, *test_repair_details.CASES):
        yield case.says, asyncio.run(test_repair.advice_for(case))


def as_json(advice: Advice) -> dict[str, Any]:
    said = {
        "record": advice.record,
        "standing": advice.standing,
        "size": _size(advice.size),
        "changes": [_change(c) for c in advice.changes],
        "collisions": [
            f"{_code(c.rule)}{' (decide)' if c.decide else ''}: {c.about}: {' '.join(c.losers)}".rstrip(": ")
            for c in advice.collisions
        ],
        "questions": [_question(q) for q in advice.questions],
        "outcomes": [
            f"{o.address} {o.result} by {o.matched_term} at {o.matched_name} ({o.terms} terms, {o.voids} voids)"
            if o.matched_term
            else f"{o.address} {o.result} at {o.envelope}: {o.problem} ({o.terms} terms, {o.voids} voids)"
            for o in advice.outcomes
        ],
        "others": [
            f"{_code(a.rule)}: {a.record} | {_size(a.size)} | {' '.join(a.terms)}"
            + (f" | loses: {' '.join(a.losers)}" if a.losers else "")
            for a in advice.alternatives
        ],
    }
    return {name: value for name, value in said.items() if value}


def _size(size: Size) -> str:
    unknown = " or more" if size.unknown else ""
    return f"{size.terms} terms{unknown}, {size.voids[0]} and {size.voids[1]} voids, {size.octets} octets"


def _change(change: Change) -> str:
    rule = f" ({_code(change.rule)})" if change.rule else ""
    both = change.before if change.before == change.after else f"{change.before} → {change.after}"
    return f"{change.kind}: {both}{rule}"


def _question(question: Question) -> str:
    said, answer = f"{_code(question.rule)}: {question.term}", question.answer
    return f"{said} → {answer.term}: {answer.record} | {_size(answer.size)}" if answer else said


def _code(rule: str) -> str:
    return rule.removeprefix("SPF_REPAIR_")


def test_every_case_is_advised_as_it_was_read() -> None:
    as_read({says: as_json(advice) for says, advice in cases()}, Path(__file__).parent / "advised.json")


def test_the_strings_are_those_of_the_record() -> None:
    for says, advice in cases():
        assert advice.strings == (strings_of(advice.record) if advice.record else ()), says
        for other in advice.alternatives:
            assert other.strings == (strings_of(other.record) if other.record else ()), says
