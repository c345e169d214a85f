"""Whether a domain takes mail, and what is said about it, with the evidence."""

import json

import pytest

from checks.lookup import Answer, Mx, RecordType
from checks.model import Severity, Topic
from checks.mx import RULES, Exchanger, MxFacts, gather, judge
from checks.mx.exchangers import MAX_EXCHANGERS
from tests.support.shared import SHARED
from tests.support.zone import zone

ONE = "a.be MX 10 mx1.b.be\nmx1.b.be A 192.0.2.1\n"
DEAD = "a.be MX 20 gone.b.be\n"


async def facts_of(records: str) -> MxFacts:
    return await gather("a.be", zone(records))


@pytest.mark.parametrize(
    ("records", "takes_mail", "rules"),
    [
        (ONE, True, []),
        ("a.be MX 10 mx1.b.be\nmx1.b.be AAAA 2001:db8::1", True, []),
        (ONE + DEAD, True, ["MX_SOME_EXCHANGERS_DEAD"]),
        (DEAD, False, ["MX_ALL_EXCHANGERS_DEAD"]),
        ("a.be MX 10 mx1.b.be\nmx1.b.be TXT x", False, ["MX_ALL_EXCHANGERS_DEAD"]),
        # null MX
        ("a.be MX 0 .", False, ["MX_NULL_MX"]),
        ("a.be MX 0 .\na.be A 192.0.2.1", False, ["MX_NULL_MX"]),
        ("a.be MX 10 .", False, ["MX_NULL_MX", "MX_NULL_MX_PREFERENCE"]),
        ("a.be MX 0 .\na.be MX 5 .", False, ["MX_NULL_MX", "MX_NULL_MX_PREFERENCE", "MX_SEVERAL_NULL_MX"]),
        (ONE + "a.be MX 0 .", True, ["MX_NULL_MX_BESIDE_OTHERS"]),
        (DEAD + "a.be MX 0 .", False, ["MX_ALL_EXCHANGERS_DEAD", "MX_NULL_MX_BESIDE_OTHERS"]),
        # implicit MX
        ("a.be A 192.0.2.1", True, ["MX_IMPLICIT_MX"]),
        ("a.be AAAA 2001:db8::1", True, ["MX_IMPLICIT_MX"]),
        ("a.be TXT x", False, ["MX_NO_MX_AND_NO_ADDRESS"]),
        ("www.a.be A 192.0.2.1", False, ["MX_NO_MX_AND_NO_ADDRESS"]),
        ("", False, ["MX_DOMAIN_DOES_NOT_EXIST"]),
        ("a.be CNAME b.be\n" + ONE.replace("a.be", "b.be"), True, []),
        ("a.be CNAME gone.be", False, ["MX_DOMAIN_DOES_NOT_EXIST"]),
        # odd exchangers
        ("a.be MX 10 192.0.2.1", False, ["MX_ALL_EXCHANGERS_DEAD", "MX_EXCHANGER_IS_IP_LITERAL"]),
        (ONE + "a.be MX 5 192.0.2.1", True, ["MX_SOME_EXCHANGERS_DEAD", "MX_EXCHANGER_IS_IP_LITERAL"]),
        ("a.be MX 10 mx.a.be\nmx.a.be CNAME mx1.b.be\nmx1.b.be A 192.0.2.1", True, ["MX_EXCHANGER_IS_ALIAS"]),
        ("a.be MX 10 mx1.b.be\nmx1.b.be A 127.0.0.1", True, ["MX_EXCHANGER_IS_PRIVATE"]),
        ("a.be MX 10 mx1.b.be\nmx1.b.be A 10.1.2.3\nmx1.b.be A 192.0.2.1", True, ["MX_EXCHANGER_IS_PRIVATE"]),
        ("a.be MX 10 a.be\na.be A 192.0.2.1", True, ["MX_EXCHANGER_IS_THE_DOMAIN"]),
        ("a.be MX 10 a.be", False, ["MX_ALL_EXCHANGERS_DEAD", "MX_EXCHANGER_IS_THE_DOMAIN"]),
        # failed look-ups
        ("a.be MX !SERVFAIL", None, ["MX_LOOKUP_FAILED"]),
        ("a.be MX !SERVFAIL\na.be A 192.0.2.1", None, ["MX_LOOKUP_FAILED"]),
        ("a.be MX !TIMEOUT", None, ["MX_LOOKUP_FAILED"]),
        ("a.be MX 10 mx1.b.be\nmx1.b.be * !TIMEOUT", None, ["MX_EXCHANGER_LOOKUP_FAILED"]),
        ("a.be MX 10 mx1.b.be\nmx1.b.be A !TIMEOUT", None, ["MX_EXCHANGER_LOOKUP_FAILED"]),
        ("a.be MX 10 mx1.b.be\nmx1.b.be A !TIMEOUT\nmx1.b.be AAAA 2001:db8::1", True, []),
        (ONE + "a.be MX 20 mx2.b.be\nmx2.b.be * !TIMEOUT", True, []),
        (DEAD + "a.be MX 10 mx1.b.be\nmx1.b.be * !SERVFAIL", None,
         ["MX_EXCHANGER_LOOKUP_FAILED", "MX_SOME_EXCHANGERS_DEAD"]),
        ("a.be TXT x\na.be A !TIMEOUT", None, ["MX_EXCHANGER_LOOKUP_FAILED"]),
    ],
)  # fmt: skip
async def test_whether_a_domain_takes_mail(records: str, takes_mail: bool | None, rules: list[str]) -> None:
    facts = await facts_of(records)
    assert facts.takes_mail is takes_mail
    findings = judge(facts)
    assert sorted(finding.rule for finding in findings) == sorted(rules)
    assert [f.severity for f in findings] == sorted((f.severity for f in findings), reverse=True)
    assert all(finding.about == "a.be" and finding.evidence for finding in findings)


@pytest.mark.parametrize(
    ("records", "rule", "evidence"),
    [
        ("", "MX_DOMAIN_DOES_NOT_EXIST", [("a domain in the DNS", "NXDOMAIN: no such name")]),
        ("a.be MX 0 .", "MX_NULL_MX", [("a mail server", "0 .")]),
        ("a.be MX 10 .", "MX_NULL_MX_PREFERENCE", [("0 .", "10 .")]),
        (ONE + "a.be MX 0 .", "MX_NULL_MX_BESIDE_OTHERS", [("a dot alone, or no dot", "0 ., 10 mx1.b.be")]),
        (ONE + DEAD, "MX_SOME_EXCHANGERS_DEAD", [("a server with an address", "20 gone.b.be")]),
        (DEAD, "MX_ALL_EXCHANGERS_DEAD", [("a server with an address", "20 gone.b.be")]),
        ("a.be TXT x", "MX_NO_MX_AND_NO_ADDRESS", [("an MX record, or at least an address", "neither")]),
        ("a.be A 192.0.2.1", "MX_IMPLICIT_MX", [("an MX record", "none; its address is 192.0.2.1")]),
        ("a.be MX 1 192.0.2.1", "MX_EXCHANGER_IS_IP_LITERAL", [("the name of a server", "1 192.0.2.1")]),
        (
            "a.be MX 10 mx.a.be\nmx.a.be CNAME mx1.b.be\nmx1.b.be A 192.0.2.1",
            "MX_EXCHANGER_IS_ALIAS",
            [("a name with its own address", "10 mx.a.be is an alias of mx1.b.be")],
        ),
        ("a.be MX 0 .\na.be MX 5 .", "MX_SEVERAL_NULL_MX", [("0 . once", "0 ., 5 .")]),
        (
            "a.be MX 10 mx1.b.be\nmx1.b.be A 192.168.0.1\nmx1.b.be A 192.0.2.1\nmx1.b.be AAAA fe80::1",
            "MX_EXCHANGER_IS_PRIVATE",
            [("an address on the Internet", "10 mx1.b.be at 192.168.0.1, fe80::1")],
        ),
        (
            "a.be MX 10 a.be\na.be A 192.0.2.1",
            "MX_EXCHANGER_IS_THE_DOMAIN",
            [("a name for the mail server alone", "10 a.be")],
        ),
        (
            "\n".join(f"a.be MX {i} mx{i}.gone.be" for i in range(30)),
            "MX_TOO_MANY_EXCHANGERS",
            [("at most 20 mail servers", "30")],
        ),
        (
            "a.be MX !SERVFAIL",
            "MX_LOOKUP_FAILED",
            [("MX records, or that there are none", "servfail from zone")],
        ),
        (
            "a.be MX 10 mx1.b.be\nmx1.b.be A !TIMEOUT",
            "MX_EXCHANGER_LOOKUP_FAILED",
            [("A of mx1.b.be", "timeout from zone")],
        ),
    ],
)
async def test_the_evidence(records: str, rule: str, evidence: list[tuple[str, str]]) -> None:
    (finding,) = (finding for finding in judge(await facts_of(records)) if finding.rule == rule)
    assert [(e.expected, e.found) for e in finding.evidence] == evidence


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("127.0.0.1", True), ("10.0.0.1", True), ("100.64.0.1", True), ("0.0.0.0", True), ("169.254.1.1", True),
        ("172.31.255.255", True), ("255.255.255.255", True), ("::1", True), ("::", True), ("fd00::1", True),
        ("fe80::1", True), ("::ffff:10.0.0.1", True),
        ("172.32.0.1", False), ("8.8.8.8", False), ("2a00:1450::1", False), ("::ffff:8.8.8.8", False),
    ],
)  # fmt: skip
def test_addresses_that_nobody_outside_can_reach(address: str, inside: bool) -> None:
    type = RecordType.AAAA if ":" in address else RecordType.A
    exchanger = Exchanger(10, "mx.b.be", (Answer("mx.b.be", type, (address,)),))
    assert bool(exchanger.unreachable_addresses) is inside


async def test_exchangers_come_in_order_of_preference_with_their_addresses() -> None:
    facts = await facts_of(ONE + "a.be MX 5 mx2.b.be\nmx2.b.be A 192.0.2.2\nmx2.b.be AAAA 2001:db8::2")
    found = [(e.preference, e.exchange, e.addresses) for e in facts.exchangers]
    assert found == [(5, "mx2.b.be", ("192.0.2.2", "2001:db8::2")), (10, "mx1.b.be", ("192.0.2.1",))]
    assert facts.records == (Mx(5, "mx2.b.be"), Mx(10, "mx1.b.be"))
    assert len(facts.results) == 5


async def test_a_flood_of_exchangers_costs_a_bounded_number_of_look_ups() -> None:
    facts = await facts_of("\n".join(f"a.be MX {i} mx{i}.gone.be" for i in range(500)))
    assert len(facts.results) == 1 + 2 * MAX_EXCHANGERS
    assert facts.takes_mail is None  # one of those not asked for may be alive
    assert sum(len(finding.evidence) for finding in judge(facts)) <= MAX_EXCHANGERS + 1


def test_every_rule_is_complete_and_has_a_case_above() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.code.startswith("MX_")
        assert rule.topic is Topic.MX
        assert all((rule.title, rule.meaning, rule.fix)), rule.code
        assert rule.source.startswith("RFC"), rule.code
        assert rule.severity is not Severity.OK


HARD_CASES = SHARED / "real" / "hard_cases.jsonl"


@pytest.mark.skipif(not HARD_CASES.exists(), reason="../shared is not there: no hard cases to read")
async def test_the_hard_cases() -> None:
    lines = map(json.loads, HARD_CASES.read_text(encoding="utf-8").splitlines())
    cases = {case["id"]: case["record"] for case in lines if case["kind"] == "mx"}
    expected = {"mx-null-valid": {"MX_NULL_MX"}, "mx-null-pref": {"MX_NULL_MX", "MX_NULL_MX_PREFERENCE"}}
    found = {id: {f.rule for f in judge(await facts_of(f"a.be MX {record}"))} for id, record in cases.items()}
    assert found == expected
