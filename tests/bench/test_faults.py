"""What the soak's relay does to answers is what it says."""

from __future__ import annotations

import itertools
from random import Random

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import pytest

from tests.bench import faults
from tests.bench.faults import FAULTS, spells

QUERY = dns.message.make_query("www.one.test", "TXT")
ANSWER = dns.message.make_response(QUERY)
ANSWER.answer = [dns.rrset.from_text("www.one.test.", 300, "IN", "TXT", '"v=spf1 -all"')]
WIRE = ANSWER.to_wire()


def test_servfail_is_an_error_to_the_same_question_without_records() -> None:
    read = dns.message.from_wire(faults.servfail(WIRE, Random(1)))
    assert (read.id, read.rcode(), read.question) == (QUERY.id, dns.rcode.SERVFAIL, QUERY.question)
    assert read.answer == []


def test_truncation_sets_the_flag_and_takes_the_records_away() -> None:
    read = dns.message.from_wire(faults.truncated(WIRE, Random(1)), ignore_trailing=False)
    assert read.flags & dns.flags.TC
    assert (read.id, read.rcode(), read.question, read.answer) == (
        QUERY.id,
        dns.rcode.NOERROR,
        QUERY.question,
        [],
    )


@pytest.mark.parametrize("seed", range(20))
def test_a_wrong_id_is_never_the_right_one_and_all_else_is_as_it_was(seed: int) -> None:
    spoilt = faults.wrong_id(WIRE, Random(seed))
    assert spoilt[:2] != WIRE[:2]
    assert spoilt[2:] == WIRE[2:]


@pytest.mark.parametrize("spoil", [faults.garbage, faults.cut])
def test_garbage_and_what_is_cut_are_no_answers(spoil: object) -> None:
    assert callable(spoil)
    for seed in range(20):
        with pytest.raises(dns.exception.DNSException):
            dns.message.from_wire(spoil(WIRE, Random(seed))).answer[0]


def test_a_fault_for_some_leaves_the_others_alone() -> None:
    random, spoil = Random(1), faults.some(faults.silent)
    kept = [datagram for _ in range(1000) if (datagram := spoil(WIRE, random)) is not None]
    assert set(kept) == {WIRE}
    assert 500 < len(kept) < 700


def test_every_fault_has_its_turn_between_fair_spells_and_the_seed_decides_the_order() -> None:
    first = list(itertools.islice(spells(1, 2, 6), 2 * (len(FAULTS) - 1)))
    assert first == list(itertools.islice(spells(1, 2, 6), len(first)))
    assert first != list(itertools.islice(spells(2, 2, 6), len(first)))
    assert {name for name, _ in first} == set(FAULTS)
    assert [name for name, _ in first[1::2]] == ["none"] * (len(FAULTS) - 1)
    assert all(2 <= seconds <= 6 for _, seconds in first)
