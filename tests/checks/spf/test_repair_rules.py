"""Every rule of the repair can be read and acted on, and a case tells it."""

from __future__ import annotations

import re

import pytest

from checks.model import Rule
from checks.spf.repair_rules import BY_CODE, RULES, sentence
from tests.checks.spf.test_repair import CASES, advice_for, rules_told


async def test_every_rule_is_told_by_a_case() -> None:
    told = rules_told(await advice_for(CASES[0], shared=True))
    for case in CASES:
        told |= rules_told(await advice_for(case))

    assert sorted({r.code.removeprefix("SPF_REPAIR_") for r in RULES} - told) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_can_be_read_and_acted_on(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z]+(_[A-Z]+)+", rule.code)
    for text in (rule.title, rule.meaning, rule.fix):
        assert text[0].isupper() or text.startswith("{about}")
        assert text.endswith((".", "?"))
        assert "  " not in text
    assert set(re.findall(r"\{.*?\}", rule.title)) <= {"{about}", "{instead}"}
    assert "{" not in rule.meaning + rule.fix
    assert rule.source
    assert "{" not in sentence(rule.code, "x", "y")
    assert len(BY_CODE) == len(RULES)
