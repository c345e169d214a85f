"""What was made to cost its reader dear is told in a bounded number of look-ups, terms and nodes.

`python -m tests.bench.bombs` measures the same zones in milliseconds and megabytes.
"""

from __future__ import annotations

import pytest

from checks.lookup import RecordType, ZoneResolver, txt
from checks.spf import Result, check_host, macro, record, tree
from checks.spf.macro import MAX_NAME, MacroError, Values
from checks.spf.outcome import MAX_NAMES, MAX_TERMS, MAX_VOIDS
from tests.support.bombs import BOMBS, FULL, SENDER, Bomb, fan_out

LOOKUPS = 1 + MAX_TERMS * (1 + MAX_NAMES) + 1
"""Of a whole check: the record, what each term asks with its exchangers or names, and exp=."""

RESULTS = {  # the other bombs are permerror
    "10,000 terms: ip4": "fail",
    "10,000 terms: ip6": "fail",
    "10,000 terms, none alike": "fail",
    "10,000 terms: all": "neutral",
    "10,000 unknown modifiers": "fail",
    "65 kB of blanks": "fail",
    "65 kB without a blank": "fail",
    "65 kB of dots": "fail",
    "macros: 16,000 times the sender": "fail",
    "macros: 9,000 times the sender, split": "fail",
    "macros: 16,000 times the sender, escaped": "fail",
    "macros: 16,000 times the address in nibbles": "fail",
    "macros: 65,000 digits": "fail",
    "macros: 60,000 delimiters": "fail",
    "macros in an explanation": "fail",
    "5,000 CNAMEs in a chain": "temperror",
    "5,000 addresses": "fail",
    "5,000 names of the address": "fail",
    "5,000 TXT records": "fail",
    "a TXT record of 65 kB in one-octet strings": "fail",
    "10 mx of 10 exchangers of 100 addresses": "fail",
}


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.says)
async def test_a_bomb_is_told_within_bounds(bomb: Bomb) -> None:
    resolver = bomb.resolver()
    outcome = await check_host(bomb.ip, bomb.domain, SENDER, resolver=resolver)
    assert outcome.result == RESULTS.get(bomb.says, "permerror"), outcome
    assert outcome.terms <= MAX_TERMS + 1
    assert outcome.voids <= MAX_VOIDS + 1
    assert len(resolver.asked) <= LOOKUPS
    assert all(len(name) <= MAX_NAME for name, _ in resolver.asked)


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.says)
async def test_the_tree_of_a_bomb_has_bounds(bomb: Bomb) -> None:
    resolver = bomb.resolver()
    walked = await tree.walk(bomb.domain, resolver)
    assert len(resolver.asked) <= tree.MAX_NODES
    assert len(walked.nodes) <= 2 * tree.MAX_NODES
    assert max(node.depth for node in walked.nodes) <= tree.MAX_DEPTH + 1


async def test_a_fan_out_is_broken_off_at_the_eleventh_term_and_the_tree_says_that_it_is_too_large() -> None:
    bomb = next(bomb for bomb in BOMBS if bomb.record is fan_out)
    resolver = bomb.resolver()
    outcome = await check_host(bomb.ip, bomb.domain, SENDER, resolver=resolver)
    assert (outcome.result, outcome.terms, len(resolver.asked)) == (Result.PERMERROR, 11, 11)
    walked = await tree.walk(bomb.domain, bomb.resolver())
    assert (walked.over_budget, walked.complete) == (True, False)


VALUES = Values("l" * 64, "d.example", "d.example", "192.0.2.1", "192.0.2.1", "in-addr", "h.example")


def test_only_as_much_of_a_name_is_expanded_as_is_kept() -> None:
    asked = []

    class Counting(Values):
        def of(self, letter: str) -> str:
            asked.append(letter)
            return super().of(letter)

    values = Counting("l" * 60, "d.example", "d.example", "192.0.2.1", "192.0.2.1", "in-addr", "h.example")
    name = macro.expand_domain(macro.parse("%{l}." * 10000 + "example"), values)
    assert name == f"{'l' * 60}." * 4 + "example"
    assert len(asked) == 5


@pytest.mark.parametrize("length", range(245, 262))
@pytest.mark.parametrize("dot", ["", "."])
def test_a_name_is_cut_at_its_dots_alone_and_keeps_as_much_as_can_be(length: int, dot: str) -> None:
    whole = ".".join(["abcdefg"] * 40)[-length:].lstrip(".")
    name = macro.expand_domain(macro.parse(whole + dot), VALUES)
    assert whole.endswith(name)
    assert len(name) <= MAX_NAME
    if len(whole) > MAX_NAME:
        assert whole[: -len(name)].endswith(".")
        longer = len(name) + 1 + len(whole[: -len(name) - 1].rpartition(".")[2])
        assert longer > MAX_NAME
    else:
        assert name == whole


@pytest.mark.parametrize(("before", "kept"), [("z", 1), (".", 0), ("z.", 0), ("zz", 1)])
def test_what_stands_before_a_full_name_takes_its_label_with_it(before: str, kept: int) -> None:
    full = ".".join(["abcdefg"] * 31 + ["abcde"])
    values = Values(full, "d.example", "d.example", "192.0.2.1", "192.0.2.1", "in-addr", "h.example")
    assert macro.expand_domain(macro.parse(before + "%{l}"), values) == full.split(".", kept)[-1]


def test_a_name_without_a_dot_is_left_whole_and_never_asked() -> None:
    assert macro.expand_domain(macro.parse("a." + "b" * 300), VALUES) == "b" * 300


def test_a_text_that_grows_too_long_is_refused() -> None:
    parsed = macro.parse("%{l}%{l}")
    assert macro.expand(parsed, VALUES, most=128) == "l" * 128
    with pytest.raises(MacroError, match="127"):
        macro.expand(parsed, VALUES, most=127)


async def test_an_explanation_that_grows_too_long_is_none() -> None:
    served = ZoneResolver(
        {
            ("a.example", RecordType.TXT): [txt("v=spf1 -all exp=why.a.example")],
            ("why.a.example", RecordType.TXT): [txt("%{d}" * 1000)],
        }
    )
    outcome = await check_host("192.0.2.1", "a.example", "u@a.example", resolver=served)
    assert (outcome.result, outcome.explanation) == ("fail", "")


def test_every_term_of_a_huge_record_is_told() -> None:
    parsed = record.parse(("v=spf1" + " oops" * (FULL // 5)).encode())
    assert (len(parsed.problems), parsed.problems[-1].column) == (FULL // 5, 6 + FULL - 4)
