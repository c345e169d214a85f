"""A name without an SPF record that is like one with a record: asked about, with the record as it would be."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.lookup import FailureReason, LookupFailed, RecordType, Resolver, Result
from checks.platform import Platform
from checks.providers import built_in
from checks.spf import check_host
from checks.spf.advice import Advice, Question, Standing
from checks.spf.near_names import (
    MOST_NAMES,
    MOST_OFFERED,
    MOST_TRIED,
    bare_name,
    candidates,
    others,
)
from checks.spf.ours import gather
from checks.spf.repair import propose
from checks.spf.repair_rules import asked
from tests.checks.spf.scenario import Scenario, evidence, is_told, record
from tests.checks.spf.test_repair import OUR_RECORD, OURS, US
from tests.support.zone import zone

GOOGLE = "_spf.google.com TXT v=spf1 include:_netblocks.google.com ~all\n"
NETBLOCKS = "_netblocks.google.com TXT v=spf1 ip4:198.51.100.0/24 ~all\n"
MICROSOFT = "spf.protection.outlook.com TXT v=spf1 ip4:203.0.113.0/24 -all\n"
HOSTER = "_spf.host.example TXT v=spf1 ip4:198.51.100.9 -all\nspf2.host.com TXT v=spf1 redirect=_spf.host.example\n"
KNOWN = OUR_RECORD + GOOGLE + NETBLOCKS + MICROSOFT + HOSTER

SCENARIOS = (
    Scenario(
        "a dead include behind ours, like a name with a record",
        record(f"v=spf1 {OURS} include:spf.google.com -all", GOOGLE + NETBLOCKS),
        {
            "SPF_DEAD_INCLUDE": "include:spf.google.com in the record of acme.example: no such name;"
            " there is one at _spf.google.com"
        },
    ),
    Scenario(
        "a dead include before ours, like a name with a record",
        record(f"v=spf1 include:spf.google.com {OURS} -all", GOOGLE + NETBLOCKS),
        {"SPF_INCLUDE_WITHOUT_RECORD": "no such name at spf.google.com; there is one at _spf.google.com"},
        cause="SPF_INCLUDE_WITHOUT_RECORD",
    ),
    Scenario(
        "a dead include that is like nothing",
        record(f"v=spf1 {OURS} include:gone.example -all", GOOGLE + NETBLOCKS),
        {"SPF_DEAD_INCLUDE": "include:gone.example in the record of acme.example: no such name"},
    ),
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.says)
def test_the_record_is_told(scenario: Scenario) -> None:
    diagnosis = is_told(scenario)
    for code, text in scenario.found.items():
        assert ("there is one" in evidence(diagnosis, code)) == ("there is one" in text)


async def advise(published: str, more: str = KNOWN, platform: Platform = US) -> tuple[Advice, Resolver]:
    resolver = zone(f"acme.example TXT {published}\n{more}")
    return await propose(await gather("acme.example", platform, resolver), platform, resolver), resolver


def near(advice: Advice) -> list[Question]:
    return [q for q in advice.questions if q.rule == "SPF_REPAIR_ASK_NEAR_NAME"]


@pytest.mark.parametrize(
    ("published", "without", "meant", "answered"),
    [
        (
            "v=spf1 mx include:spf.google.com -all",
            f"v=spf1 {OURS} mx -all",
            "include:_spf.google.com",
            f"v=spf1 {OURS} mx include:_spf.google.com -all",
        ),
        (
            "v=spf1 ?include:spf.google.com -all",
            f"v=spf1 {OURS} -all",
            "?include:_spf.google.com",
            f"v=spf1 {OURS} ?include:_spf.google.com -all",
        ),
        (
            "v=spf1 mx redirect=spf.google.com",
            f"v=spf1 {OURS} mx ~all",
            "redirect=_spf.google.com",
            f"v=spf1 {OURS} mx redirect=_spf.google.com",
        ),
        (
            "v=spf1 include:spf.protecton.outlook.com ~all",
            f"v=spf1 {OURS} ~all",
            "include:spf.protection.outlook.com",
            f"v=spf1 {OURS} include:spf.protection.outlook.com ~all",
        ),
        (
            "v=spf1 include:spf:protection.outlook.com ~all",
            f"v=spf1 {OURS} ~all",
            "include:spf.protection.outlook.com",
            f"v=spf1 {OURS} include:spf.protection.outlook.com ~all",
        ),
        (
            "v=spf1 include:spf.protection.outlook.com.acme.example ~all",
            f"v=spf1 {OURS} ~all",
            "include:spf.protection.outlook.com",
            f"v=spf1 {OURS} include:spf.protection.outlook.com ~all",
        ),
        (
            "v=spf1 _spf.google.com ~all",
            f"v=spf1 {OURS} ~all",
            "include:_spf.google.com",
            f"v=spf1 {OURS} include:_spf.google.com ~all",
        ),
        (
            "v=spf1 include:host.example ~all",
            f"v=spf1 {OURS} ~all",
            "include:_spf.host.example",
            f"v=spf1 {OURS} include:_spf.host.example ~all",
        ),
        (
            "v=spf1 include:spf2.host.con ~all",
            f"v=spf1 {OURS} ~all",
            "include:spf2.host.com",
            f"v=spf1 {OURS} include:spf2.host.com ~all",
        ),
        (
            "v=spf1 include:spf.google.comip4:198.51.100.1 ~all",
            f"v=spf1 {OURS} ip4:198.51.100.1 ~all",
            "include:_spf.google.com ip4:198.51.100.1",
            f"v=spf1 {OURS} include:_spf.google.com ip4:198.51.100.1 ~all",
        ),
    ],
)
async def test_what_was_probably_meant_is_asked_with_the_record_that_follows(
    published: str, without: str, meant: str, answered: str
) -> None:
    advice, _ = await advise(published)
    (question,) = advice.questions
    assert advice.record == without
    assert question.answer is not None
    assert (question.answer.term, question.answer.record) == (meant, answered)
    assert "".join(question.answer.strings) == answered
    assert question.term in published
    assert advice.needs_decision
    assert asked(question) == f"Did you mean {meant} where the record says {question.term}?"


async def test_two_terms_that_met_at_the_joint_of_two_strings_are_asked_about() -> None:
    """`include:_spf.google.commx` parses, so it may be a name; nothing is there, and the two terms work."""
    advice, _ = await advise('"v=spf1 include:_spf.google.com" "mx -all"')
    (question,) = advice.questions
    assert question.answer is not None
    assert question.term == "include:_spf.google.commx"
    assert question.answer.record == f"v=spf1 {OURS} include:_spf.google.com mx -all"


async def test_a_joint_inside_a_name_is_no_question() -> None:
    advice, _ = await advise('"v=spf1 include:spf.nobo" "dy.example -all"')
    assert advice.questions == ()


async def test_what_the_answer_costs_is_told_with_it() -> None:
    advice, _ = await advise("v=spf1 include:spf.google.com -all")
    (question,) = near(advice)
    assert question.answer is not None
    assert (advice.size.terms, question.answer.size.terms) == (1, 3)
    assert question.answer.size.octets == len(question.answer.record)


async def test_our_mail_passes_by_every_record_that_an_answer_offers() -> None:
    """Nobody may publish what was not tried; here it is tried once more, with the records as they stand."""
    advice, _ = await advise("v=spf1 include:spf.google.com include:spf.protecton.outlook.com -all")
    records = [q.answer.record for q in near(advice) if q.answer]
    assert len(records) == 2
    for text in records:
        served = zone(f"acme.example TXT {text}\n{KNOWN}")
        for address in US.sending_addresses:
            outcome = await check_host(address, "acme.example", "x@acme.example", resolver=served)
            assert outcome.result == "pass"


async def test_nothing_is_offered_under_which_our_mail_would_not_pass() -> None:
    """Our own include does not list the address, so no record helps, whatever the answer."""
    lacking = "spf.sendwell.example TXT v=spf1 ip4:192.0.2.99 ~all\n" + GOOGLE + NETBLOCKS
    advice, _ = await advise("v=spf1 include:spf.google.com -all", lacking)
    assert (advice.standing, near(advice)) == (Standing.WITHHELD, [])


@pytest.mark.parametrize(
    ("says", "there"),
    [
        ("nothing is there", ""),
        ("another TXT record is there", "_spf.google.com TXT site-verification=1\n"),
        ("it does not parse", "_spf.google.com TXT v=spf1 ip4:nonsense -all\n"),
        ("there are two", "_spf.google.com TXT v=spf1 mx -all\n_spf.google.com TXT v=spf1 a -all\n"),
        ("it lets nobody pass", "_spf.google.com TXT v=spf1 -all\n"),
        ("it lets everybody pass and names nobody", "_spf.google.com TXT v=spf1 +all\n"),
        ("it could not be looked up", "_spf.google.com TXT !SERVFAIL\n"),
    ],
)
async def test_no_name_is_shown_before_a_look_up_found_its_record(says: str, there: str) -> None:
    advice, _ = await advise("v=spf1 include:spf.google.com -all", OUR_RECORD + there)
    assert near(advice) == []
    assert "google" not in advice.record


async def test_a_name_that_the_record_has_already_is_not_asked_about() -> None:
    advice, _ = await advise("v=spf1 include:_spf.google.com include:spf.google.com -all")
    assert (near(advice), advice.record) == ([], f"v=spf1 {OURS} include:_spf.google.com -all")


async def test_a_near_miss_of_ours_is_mended_and_not_asked_about() -> None:
    advice, _ = await advise("v=spf1 include:spf.sendwel.example -all")
    assert (near(advice), advice.record) == ([], f"v=spf1 {OURS} -all")


async def test_what_could_not_be_looked_up_is_no_name_in_vain() -> None:
    advice, _ = await advise("v=spf1 include:spf.google.com -all", KNOWN + "spf.google.com TXT !TIMEOUT\n")
    assert near(advice) == []


async def test_a_name_behind_all_is_asked_about_as_what_it_is() -> None:
    """It is inert first of all: whether it should count comes before what it names."""
    advice, _ = await advise("v=spf1 mx -all include:spf.google.com")
    assert [q.rule for q in advice.questions] == ["SPF_REPAIR_ASK_INERT"]


def test_a_name_below_the_domain_that_a_panel_made_is_seen_without_it() -> None:
    assert "_spf.google.com" in candidates("_spf.google.com.acme.example", "acme.example")[0]


@pytest.mark.parametrize("known", sorted(built_in().by_spf))
def test_a_known_name_with_one_slip_is_found(known: str) -> None:
    likely, _ = candidates(known[:2] + "x" + known[2:], "acme.example")
    assert known in likely[:MOST_TRIED]


async def test_a_less_likely_name_is_offered_only_where_there_is_no_likely_one() -> None:
    both = GOOGLE + NETBLOCKS + "google.com TXT v=spf1 include:_netblocks.google.com ~all\n"
    assert await others("spf.google.com", "acme.example", zone(both)) == ("_spf.google.com",)
    assert await others("spf.google.com", "acme.example", zone(both.removeprefix(GOOGLE))) == ("google.com",)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("_spf.google.com", "_spf.google.com"),
        ("+MAIL.example.", "mail.example"),
        ("include:a.example", None),
        ("a.example/24", None),
        ("192.0.2.1", None),
        ("mail", None),
        ("x" * 300 + ".example", None),
    ],
)
def test_a_bare_name_is_a_name_and_nothing_else(text: str, name: str | None) -> None:
    assert bare_name(text) == name


class Counting:
    """Counts what is asked."""

    immediate = True

    def __init__(self, below: Resolver) -> None:
        self.below = below
        self.asked: list[str] = []
        self.keys: set[tuple[str, RecordType]] = set()

    async def lookup(self, name: str, type: RecordType) -> Result:
        self.asked.append(name)
        self.keys.add((name, type))
        return await self.below.lookup(name, type)


class Stored:
    """Knows what was asked in a scan, and nothing else."""

    immediate = True

    def __init__(self, scanned: Resolver, asked: set[tuple[str, RecordType]]) -> None:
        self.scanned = scanned
        self.asked = asked

    async def lookup(self, name: str, type: RecordType) -> Result:
        if (name, type) in self.asked:
            return await self.scanned.lookup(name, type)
        return LookupFailed(name, type, FailureReason.NOT_STORED)


async def test_what_a_scan_looked_up_is_enough_for_the_question() -> None:
    """So the company's page asks it without a packet."""
    served = zone(f"acme.example TXT v=spf1 include:spf.google.com _spf.host.example -all\n{KNOWN}")
    counting = Counting(served)
    facts = await gather("acme.example", US, counting)
    stored = Stored(served, counting.keys)
    again = await gather("acme.example", US, stored)
    advice = await propose(again, US, stored)
    assert again.near == facts.near
    offered = {q.answer.term: q.answer.size for q in near(advice) if q.answer}
    assert set(offered) == {"include:_spf.google.com", "include:_spf.host.example"}
    assert offered["include:_spf.google.com"].unknown  # what it includes was not asked for
    assert not offered["include:_spf.host.example"].unknown


async def test_a_record_full_of_names_in_vain_costs_few_look_ups() -> None:
    dead = " ".join(f"include:spf.g{n}.example" for n in range(60))
    bare = " ".join(f"g{n}.example" for n in range(60))
    text = "acme.example TXT v=spf1 "
    for terms in (dead, bare):
        counting = Counting(zone(f"{text}{terms} -all\n{KNOWN}"))
        facts = await gather("acme.example", US, counting)
        looked_for = set(counting.asked) - {n.name for n in facts.tree.nodes}
        assert len(looked_for) <= MOST_NAMES * MOST_TRIED + 10
        advice = await propose(facts, US, counting)
        assert len(near(advice)) <= MOST_NAMES * MOST_OFFERED


labels = st.text("ab1_-:/@", min_size=1, max_size=70)
names = st.lists(labels, min_size=1, max_size=8).map(".".join)


@settings(max_examples=200, deadline=None)
@given(names)
def test_every_candidate_can_be_asked_and_is_another_name(name: str) -> None:
    likely, less = candidates(name, "acme.example")
    found = (*likely, *less)
    assert len(set(found)) == len(found)
    assert not {name, "acme.example"} & set(found)
    assert all("." in n and n.isascii() and len(n) <= 253 for n in found)


PROVIDERS = sorted(built_in().by_spf)
THERE = set(PROVIDERS[::2])
slips = st.sampled_from(PROVIDERS).flatmap(
    lambda known: st.integers(0, known.rindex(".")).map(lambda at: (known, f"{known[:at]}x{known[at:]}"))
)


@settings(max_examples=200, deadline=None)
@given(slips)
def test_only_names_with_a_record_are_offered(slip: tuple[str, str]) -> None:
    """Every second provider's name is there, and each name is asked for with a letter too many."""
    known, name = slip
    served = zone("".join(f"{there} TXT v=spf1 ip4:198.51.100.0/24 -all\n" for there in THERE))
    offered = asyncio.run(others(name, "acme.example", served))
    assert set(offered) <= THERE
    assert (known in offered) == (known in THERE)


async def test_a_question_about_another_term_stays_beside_it() -> None:
    """What the answer replaces is asked for no more; what is asked of another term still is."""
    advice, _ = await advise(f"v=spf1 {OURS} ip4:192.0.2.999 include:spf.google.com -all")
    assert [(q.term, q.answer is not None) for q in advice.questions] == [
        ("ip4:192.0.2.999", False),
        ("include:spf.google.com", True),
    ]


async def test_what_met_at_a_joint_is_offered_only_if_all_of_it_is_there() -> None:
    advice, _ = await advise('"v=spf1 include:_spf.google.com" "include:gone.example -all"')
    assert "include:_spf.google.com include:gone.example" not in [
        q.answer.term for q in near(advice) if q.answer
    ]


async def test_of_two_names_in_one_term_the_one_in_vain_is_asked_about() -> None:
    advice, _ = await advise(f"v=spf1 {OURS} include:_spf.host.example,spf.google.com -all")
    answers = [q.answer.term for q in near(advice) if q.answer]
    assert answers == ["include:_spf.host.example include:_spf.google.com"]
