"""DMARC cases from other projects' trackers (../shared/real/hard_cases.jsonl), each with what we make of it.

Where they dispute, docs/decisions/dmarc.md has our decision and its reason.
"""

import json
from typing import Any

import pytest

from checks.company import DmarcState
from checks.dmarc import gather, judge, parse
from checks.lookup import Record, RecordType, ZoneResolver, txt
from tests.support.shared import SHARED
from tests.support.zone import zone

FILE = SHARED / "real" / "hard_cases.jsonl"

SYNTAX = {  # case → what the record's policy is, and how many parts of it are broken
    "dmarc-wsp-before-semi": ("none", 0),
    "dmarc-wsp-value": ("quarantine", 0),
    "dmarc-sp-default": ("quarantine", 0),
    "dmarc-broken-accuquote.com": ("none", 1),
    "dmarc-broken-brightworksgroup.net": ("none", 1),
    "dmarc-broken-bronzemail-usa.com": ("none", 1),
    "dmarc-pct-empty": ("reject", 1),
    "dmarc-tagless": ("none", 1),
}
DISCOVERY = {  # case → From domain, names that exist beside it, policy, organisational domain
    "dmarc-two-records": ("bfem.gov", (), DmarcState.NONE, "bfem.gov"),
    "dmarc-two-policies": ("example.com", (), DmarcState.INVALID, "example.com"),
    "dmarc-non-dmarc-txt": ("mail.example.com", (), DmarcState.QUARANTINE, "example.com"),
    "dmarc-psd-n": ("a.b.example.com", (), DmarcState.REJECT, "b.example.com"),
    "dmarc-tree-walk-8": ("a.b.c.d.e.f.g.h.i.j.k.example.com", (), DmarcState.NONE, "example.com"),
    "dmarc-np": ("sub.example.com", (), DmarcState.QUARANTINE, "example.com"),
    "dmarc-cname-and-txt": ("tme.eu", (), DmarcState.QUARANTINE, "tme.eu"),
}
BY_HAND = {  # each has a test of its own below
    "dmarc-leading-space",
    "dmarc-report-auth-swedavia",
    "dmarc-report-auth-tags",
    "dmarc-sp-on-subdomain",
}

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="../shared is not there: no hard cases to read")


def cases() -> dict[str, Any]:
    if not FILE.exists():
        return {}
    lines = map(json.loads, FILE.read_text(encoding="utf-8").splitlines())
    return {case["id"]: case for case in lines if case["kind"] == "dmarc"}


CASES = cases()


def test_no_case_is_left_out_quietly() -> None:
    assert set(CASES) == {*SYNTAX, *DISCOVERY, *BY_HAND}


@pytest.mark.parametrize(
    ("case", "policy", "broken"), [(case, *expected) for case, expected in SYNTAX.items()]
)
def test_records_with_odd_parts(case: str, policy: str, broken: int) -> None:
    record = parse(CASES[case]["record"])
    assert record
    assert (record.policy(), len(record.broken)) == (policy, broken)


def resolver_for(case: str, *, existing: tuple[str, ...] = ()) -> ZoneResolver:
    records: dict[tuple[str, RecordType], list[Record]] = {
        (name, RecordType.A): ["192.0.2.1"] for name in existing
    }
    for entry in CASES[case]["context_records"]:
        data = txt(entry["data"]) if entry["type"] == "TXT" else entry["data"]
        records.setdefault((entry["name"], RecordType(entry["type"])), []).append(data)
    return ZoneResolver(records)


@pytest.mark.parametrize("case", DISCOVERY)
async def test_odd_zones(case: str) -> None:
    from_domain, existing, policy, organization = DISCOVERY[case]
    facts = await gather(from_domain, resolver_for(case, existing=existing))
    assert (facts.state, facts.walk.organization) == (policy, organization)


async def test_np_is_only_for_a_name_that_does_not_exist() -> None:
    facts = await gather("sub.example.com", resolver_for("dmarc-np", existing=("sub.example.com",)))
    assert facts.state is DmarcState.NONE


async def test_repeated_tags_leave_the_first_and_are_named() -> None:
    """bfem.gov has two rua and two ruf: the second ones are ignored."""
    facts = await gather("bfem.gov", resolver_for("dmarc-two-records"))
    (record,) = facts.walk.steps[0].records
    assert record.rua == ("mailto:dl_treasurydmarcrua@treasury.gov",)
    assert [tag.text.partition("=")[0] for tag in record.broken] == ["rua", "ruf"]


async def test_a_leading_space_makes_it_no_record_and_is_told_with_its_place() -> None:
    name = CASES["dmarc-leading-space"]["name"]
    facts = await gather(name.removeprefix("_dmarc."), zone(f'{name} TXT " v=DMARC1; p=none"'))
    told = {finding.rule: finding for finding in judge(facts)}
    assert facts.state is DmarcState.ABSENT
    assert told["DMARC_NEAR_MISS"].about == name
    assert told["DMARC_NEAR_MISS"].evidence[0].found == " v=DMARC1; p=none"


async def test_both_authorisations_hold_with_and_without_a_semicolon() -> None:
    case = CASES["dmarc-report-auth-swedavia"]
    resolver = zone(
        f"{case['name']} TXT {case['record']}\n"
        + "\n".join(f"{r['name']} {r['type']} {r['data']}" for r in case["context_records"])
    )
    facts = await gather(case["name"].removeprefix("_dmarc."), resolver, with_reports=True)
    assert [target.authorised for target in facts.report_targets] == [True, True]


async def test_an_authorisation_needs_nothing_but_its_version() -> None:
    record = CASES["dmarc-report-auth-tags"]["record"]
    policy = "_dmarc.a.be TXT v=DMARC1; p=none; rua=mailto:d@b.be\n"
    facts = await gather("a.be", zone(policy + f"a.be._report._dmarc.b.be TXT {record}"), with_reports=True)
    assert [target.authorised for target in facts.report_targets] == [True]


async def test_sp_of_a_subdomains_own_record_is_for_nobody() -> None:
    own = "_dmarc.sub.a.be TXT v=DMARC1; p=none; sp=reject\n_dmarc.a.be TXT v=DMARC1; p=quarantine\n"
    existing = "sub.a.be A 192.0.2.1\nx.sub.a.be A 192.0.2.1"
    assert (await gather("sub.a.be", zone(own + existing))).state is DmarcState.NONE
    assert (await gather("x.sub.a.be", zone(own + existing))).state is DmarcState.QUARANTINE
