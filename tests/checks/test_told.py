"""All that is told in every scenario, to the letter: findings with their evidence, and the columns.

What stands in `told.json` was read by a person when it was written. `SENDWELL_WRITE_TOLD=1` writes it anew after a
change that is meant; the difference is then to be read, line by line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from checks import catalogue
from checks.company import Diagnosis
from checks.diagnosis import diagnose
from checks.dmarc import receiver_rules
from tests.checks import test_catalogue as more
from tests.checks import test_diagnosis as decided
from tests.checks.spf import test_health, test_macro_p, test_near_misses, test_near_names
from tests.checks.spf import test_present_is_not_effective as table
from tests.support.read import as_read
from tests.support.zone import zone

EVERYWHERE = {rule.code for rule in receiver_rules.RULES} | {"DMARC_ABSENT"}
"""Said in nearly every scenario, and held to their words in tests of their own."""

TOLD = Path(__file__).parent / "told.json"


def scenarios() -> Iterator[tuple[str, Diagnosis]]:
    for row in table.ROWS:
        records = zone(table.COMMON + table.OTHERS + "\n" + row.records)
        yield f"table: {row.says}", asyncio.run(diagnose(table.COMPANY, table.PLATFORM, records))
    for case in decided.CASES:
        yield f"decided: {case.says}", decided.told(case.records, case.company, case.platform)
    for name, text in more.MORE.items():
        yield f"more: {name}", decided.told(text)
    for scenario in (*test_health.SCENARIOS, *test_near_misses.SCENARIOS):
        yield f"health: {scenario.says}", decided.told(scenario.records)
    for scenario in (*test_macro_p.SCENARIOS, *test_near_names.SCENARIOS):
        yield f"names: {scenario.says}", decided.told(scenario.records)


def as_json(told: Diagnosis) -> dict[str, Any]:
    return {
        "columns": [
            told.verdict.word,
            told.cause,
            told.address,
            told.spf,
            told.dmarc,
            told.smtp,
            told.provider,
        ],
        "senders": [
            f"{s.address} {s.result} {s.matched_term} {s.terms} {s.voids} {s.problem}" for s in told.senders
        ],
        "findings": {
            f"{number} {f.severity.word}{'' if f.matters else ' (audit)'} {f.rule}: {catalogue.title(f)}": [
                f"{e.expected} → {e.found}" for e in f.evidence
            ]
            for number, f in enumerate(told.findings, 1)
            if f.rule not in EVERYWHERE
        },
    }


def test_every_scenario_tells_what_was_read() -> None:
    told = {name: as_json(diagnosis) for name, diagnosis in scenarios()}
    as_read(told, TOLD)


@pytest.mark.parametrize("word", ["→ None", "(None", "object at 0x", "Traceback", "{about}"])
def test_no_value_of_ours_shows_in_what_is_told(word: str) -> None:
    assert word not in TOLD.read_text(encoding="utf-8")
