"""SPF cases from other projects' trackers (../shared/real/hard_cases.jsonl), each with what we make of it.

Where they dispute, or the RFC decides otherwise, docs/decisions/spf-disputed.md has our decision and its reason.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from checks.lookup import Absent, Answer, FailureReason, Mx, Record, RecordType, ZoneResolver, txt
from checks.lookup import Result as LookupResult
from checks.spf import check_host, record, tree
from checks.spf.outcome import ProblemKind
from checks.spf.tree import NodeState
from tests.support.shared import SHARED
from tests.support.zone import zone

FILE = SHARED / "real" / "hard_cases.jsonl"
MALFORMED = SHARED / "real" / "malformed_spf.jsonl"

RESULTS = {  # case → sending address → result
    "spf-ipv4-typo": {"113.106.14.41": "permerror"},
    "spf-unknown-modifier-dom": {"206.171.8.200": "pass", "206.171.8.1": "permerror"},
    "spf-redirect-before-mech": {"151.106.144.120": "pass", "192.0.2.1": "permerror"},
    "spf-version-split-over-strings": {"203.0.113.1": "none"},
    "spf-bare-ip6-discourse": {"66.220.12.154": "permerror"},
    "spf-uppercase-mech": {"147.75.8.208": "pass", "192.0.2.1": "fail"},
    "spf-mixed-case-mech": {"127.0.0.1": "pass"},
    "spf-two-records-case": {"8.8.8.8": "permerror"},
    "spf-uppercase-version": {"8.8.8.8": "pass"},
    "spf-one-among-others": {"8.8.8.8": "pass"},
    "spf-two-records-carisma": {"8.8.8.8": "permerror"},
    "spf-no-txt-2": {"8.8.8.8": "none"},
    "spf-cname-parallel": {"1.1.1.1": "fail"},
    "spf-include-missing-checkdmarc": {"192.0.2.1": "permerror"},  # disputed
    "spf-include-timeout": {"8.8.8.8": "temperror", "8.8.4.4": "pass"},
    "spf-include-continue-after-fail": {"127.0.0.1": "pass"},
    "spf-include-loop": {"192.0.2.1": "permerror"},
    "spf-unknown-mech": {"8.8.8.8": "permerror"},
    "spf-redirect-timeout": {"8.8.8.8": "temperror"},
    "spf-plusall": {"8.8.8.8": "pass", "2001:db8::1": "pass"},
    "spf-mx-count-mika56": {"127.0.0.1": "fail"},  # disputed
    "spf-nest-10": {"8.8.8.8": "pass", "8.8.4.4": "fail"},
    "spf-30-a-rspamd": {"8.8.8.8": "permerror"},  # disputed
    "spf-lookup-order": {"1.1.1.1": "pass", "2.2.2.2": "permerror"},
    "spf-void-2": {"192.0.2.1": "fail"},
    "spf-void-mx-pyspf": {"2a01:261:e80:4800::1": "pass", "188.230.215.50": "pass"},  # disputed
    "spf-void-family-mailauth": {"2a01:111:f403:c000::1": "fail"},  # disputed
    "spf-mx-none-warning": {"192.0.2.1": "softfail"},
    "spf-mx-host-nxdomain": {"192.0.2.1": "fail"},
    "spf-ptr-no-ptr": {"178.89.120.181": "fail"},
    "spf-ptr-multi": {
        "88.99.142.95": "pass",
        "209.85.216.182": "fail",
        "128.66.0.1": "fail",
    },
    "spf-exists": {"8.8.8.8": "pass"},
    "spf-tcp-needed": {"148.163.134.194": "temperror"},
}
SYNTAX: dict[str, tuple[str, ...]] = {  # case → the terms that do not parse
    "spf-ipv4-typo": ("ipv4:120.197.68.19/24", "ipv4:113.106.14.0/24"),
    "spf-unknown-modifier-dom": (),
    "spf-include-dot-not-colon": ("include.spf.protection.outlook.com",),
    "spf-no-space-before-all-2": ("ip4:8.8.8.8~all",),
    "spf-trailing-space": (),
    "spf-unknown-macro-letter": ("exp=%{z}.explain.example.com",),
    "spf-redirect-before-mech": (),
    "spf-plain-redirect": (),
    "spf-ip4-with-ip6": ("ip4:1200:0000:AB00:1234:0000:2552:7777:1313",),
    "spf-ip4-cidr99": ("ip4:78.46.96.236/99",),
    "spf-ip6-cidr130": ("ip6:1200:0000:AB00:1234:0000:2552:7777:1313/130",),
    "spf-include-space": ("include:", "trustpilotservice.com"),
    "spf-ip6-space": ("ip4:x.x.x.x", "ip4:x.x.x.x", "ip6:", "xxxx:xxxx:xxxx::/48"),
    "spf-bare-ip6-discourse": ("2602:fd3f:0000:ff06::/64",),
    "spf-uppercase-mech": (),
    "spf-ra-modifier": (),
    "spf-macro-l1r": (),
    "spf-macro-static-gentoo": (),
    "spf-macro-static-sendgrid": (),
    "spf-unknown-mech": ("OMGBARF",),
    "spf-tcp-needed": (),
    "spf-gouv-fr": (),
}
WORST = {  # case → terms of the whole tree, for a sender that nothing matches
    "spf-uppercase-mech": 0,
    "spf-trailing-space": 0,
    "spf-macro-static-gentoo": 4,
    "spf-macro-static-sendgrid": 3,
    "spf-nest-10": 10,
    "spf-30-a-rspamd": 30,
    "spf-mx-count-mika56": 10,
    "spf-lookup-order": 11,
    "spf-mx-none-warning": 1,
    "spf-void-2": 2,
    "spf-gouv-fr": 6,
}
BY_HAND = {  # each has a test of its own below
    "spf-redirect-reports-target-all",
    "spf-multi-string-internetnl",
    "spf-host-bits",
    "spf-slash8",
    "spf-macro-wildcard-loop",
    "spf-helo-literal",
    "spf-include-no-policy-hardenize",
    "spf-include-ovh",
    "spf-mx-counts-one-checkdmarc",
    "spf-ebay-11",
    "spf-lookup-order-2",
    "spf-recursive-count-okstate",
    "spf-exp-not-counted",
}
UNREACHABLE = {  # what does not answer, in the words of the case
    "spf-include-timeout": ("www.dnssec-failed.org", FailureReason.TIMEOUT),
    "spf-redirect-timeout": ("www.dnssec-failed.org", FailureReason.TIMEOUT),
    "spf-tcp-needed": ("marsh.com", FailureReason.TIMEOUT),
}

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="../shared is not there: no hard cases to read")


def cases() -> dict[str, Any]:
    if not FILE.exists():
        return {}
    lines = map(json.loads, FILE.read_text(encoding="utf-8").splitlines())
    return {case["id"]: case for case in lines if case["kind"] == "spf"}


CASES = cases()


def name_of(case: str) -> str:
    return str(CASES[case]["name"] or "example.com")


def resolver_for(case: str) -> ZoneResolver:
    """The record at the case's name, and its context records; a wildcard for the names that the case asks."""
    records: dict[tuple[str, RecordType], list[Record]] = {}
    for entry in CASES[case]["context_records"]:
        names = [entry["name"]]
        if entry["name"].startswith("*."):
            names = [entry["name"].replace("*", f"s{n}", 1) for n in range(1, 10)]
        for name in names if entry["data"] else ():
            records.setdefault((name, RecordType(entry["type"])), []).append(parsed(entry))
    own = CASES[case]["record"]
    if own and (name_of(case), RecordType.TXT) not in records:
        records[name_of(case), RecordType.TXT] = [txt(own)]
    failures = [UNREACHABLE[case]] if case in UNREACHABLE else []
    return ZoneResolver(records, dict(failures))


def parsed(entry: Any) -> Record:
    data = entry["data"]
    match entry["type"]:
        case "TXT":
            return txt(*([data] if isinstance(data, str) else data))
        case "MX":
            preference, _, exchange = data.partition(" ")
            return Mx(int(preference), exchange)
        case _:
            return str(data)


def test_no_case_is_left_undecided() -> None:
    assert {*RESULTS, *SYNTAX, *WORST, *BY_HAND} == set(CASES)


@pytest.mark.parametrize(
    ("case", "ip", "result"), [(case, ip, r) for case, said in RESULTS.items() for ip, r in said.items()]
)
async def test_the_result_for_a_sending_address(case: str, ip: str, result: str) -> None:
    name = name_of(case)
    outcome = await check_host(ip, name, f"postmaster@{name}", resolver=resolver_for(case))
    assert outcome.result == result, outcome


@pytest.mark.parametrize(("case", "terms"), SYNTAX.items())
def test_the_terms_that_do_not_parse(case: str, terms: tuple[str, ...]) -> None:
    found = record.parse(CASES[case]["record"].encode())
    assert tuple(problem.text for problem in found.problems) == terms
    assert all(found.text[p.column :].startswith(p.text) for p in found.problems)


@pytest.mark.parametrize(("case", "terms"), WORST.items())
async def test_the_terms_that_everybody_else_costs(case: str, terms: int) -> None:
    assert (await tree.walk(name_of(case), resolver_for(case))).terms == terms


def test_every_undisputed_address_of_the_file_is_asked() -> None:
    """A case that names a sender is decided for that sender, or is one of those decided by hand."""
    for case, told in CASES.items():
        if "client_ip" in told and case not in BY_HAND | {"spf-unknown-modifier-dom"}:
            assert told["client_ip"] in RESULTS[case]


async def test_a_redirect_says_what_the_targets_all_says() -> None:
    outcome = await check_host(
        "192.0.2.1", "a.be", "a@a.be", resolver=zone("a.be TXT v=spf1 redirect=b.be\nb.be TXT v=spf1 mx ~all")
    )
    assert (outcome.result, outcome.matched and (outcome.matched.name, outcome.matched.term)) == (
        "softfail",
        ("b.be", "~all"),
    )


async def test_strings_are_joined_without_a_space_inside_an_address_too() -> None:
    served = zone('a.be TXT "v=spf1 ip4:136.144.136.1" "1 ip4:136.144.136.17 -all"')
    asked = {
        ip: await check_host(ip, "a.be", "a@a.be", resolver=served)
        for ip in ("136.144.136.11", "136.144.136.1")
    }
    assert [outcome.result for outcome in asked.values()] == ["pass", "fail"]


@pytest.mark.parametrize(
    ("term", "inside", "outside"),
    [("ip4:207.46.22.98/29", "207.46.22.97", "207.46.22.104"), ("ip4:17.0.0.0/8", "17.255.0.1", "18.0.0.1")],
)
async def test_host_bits_are_masked_and_wide_networks_are_valid(term: str, inside: str, outside: str) -> None:
    served = zone(f"a.be TXT v=spf1 redirect=_spf.a.be\n_spf.a.be TXT v=spf1 {term} -all")
    said = [(await check_host(ip, "a.be", "a@a.be", resolver=served)).result for ip in (inside, outside)]
    assert said == ["pass", "fail"]


class Wildcard(ZoneResolver):
    """Answers each name below one as the case's record."""

    async def lookup(self, name: str, type: RecordType) -> LookupResult:
        if type is RecordType.TXT and name.endswith("domain.cc"):
            return Answer(name, type, (txt(CASES["spf-macro-wildcard-loop"]["record"]),))
        return self.find(name, type)


async def test_a_wildcard_that_includes_itself_ends_at_the_limit_of_terms() -> None:
    asked = ("40.107.223.116", "domain.cc", "a@domain.cc")
    outcome = await check_host(*asked, resolver=Wildcard({}))
    assert (outcome.result, outcome.terms) == ("permerror", 11)
    assert outcome.problem
    assert outcome.problem.kind is ProblemKind.TERM_LIMIT
    # with the records of the case alone, the second name has no record
    assert (await check_host(*asked, resolver=resolver_for("spf-macro-wildcard-loop"))).result == "permerror"


async def test_an_address_in_brackets_is_no_domain_and_is_not_asked() -> None:
    helo = CASES["spf-helo-literal"]["helo"]
    for served in (zone(f"{helo} * !SERVFAIL"), zone(f"{helo} TXT v=spf1 +all")):
        outcome = await check_host("8.8.8.8", helo, f"postmaster@{helo}", helo, resolver=served)
        assert (outcome.result, outcome.problem and outcome.problem.kind) == (
            "none",
            ProblemKind.MALFORMED_NAME,
        )


async def test_an_included_name_without_a_record_is_a_permerror() -> None:
    served = zone("eskinazi.co.uk TXT v=spf1 include:spf.trustcloudservices.co.uk ~all")
    outcome = await check_host("192.0.2.1", "eskinazi.co.uk", "a@eskinazi.co.uk", resolver=served)
    assert outcome.result == "permerror"


async def test_what_an_include_passes_passes() -> None:
    served = zone("a.be TXT v=spf1 include:mx.ovh.com ~all\nmx.ovh.com TXT v=spf1 ip4:192.0.2.1 ?all")
    said = [
        (await check_host(ip, "a.be", "a@a.be", resolver=served)).result for ip in ("192.0.2.1", "192.0.2.2")
    ]
    assert said == ["pass", "softfail"]


async def test_mx_is_one_term_however_many_exchangers_it_has() -> None:
    exchangers = "\n".join(f"a.be MX 10 m{n}.a.be\nm{n}.a.be A 192.0.2.{n}" for n in range(1, 11))
    served = zone(f"a.be TXT v=spf1 mx -all\n{exchangers}")
    outcome = await check_host("198.51.100.1", "a.be", "a@a.be", resolver=served)
    assert ((await tree.walk("a.be", served)).terms, outcome.terms, outcome.result) == (1, 1, "fail")


async def test_terms_are_counted_through_every_include() -> None:
    more = {"s": "mx", "c": "mx", "p": "mx", "p2": ""}
    nested = "\n".join(f"{n}._spf.e.com TXT v=spf1 a:{n}.e.com {last} ~all" for n, last in more.items())
    served = zone(f"e.com TXT v=spf1 {' '.join(f'include:{n}._spf.e.com' for n in more)} ~all\n{nested}")
    walked = await tree.walk("e.com", served)
    assert (walked.terms, walked.over_budget) == (11, True)


async def test_three_nested_includes_cost_four() -> None:
    blocks = "\n".join(f"_netblocks{n}.google.com TXT v=spf1 ip4:192.0.2.{n} ~all" for n in (1, 2, 3))
    google = " ".join(f"include:_netblocks{n}.google.com" for n in (1, 2, 3))
    served = zone(
        f"okstate.edu TXT v=spf1 mx a include:_spf.google.com ~all\n_spf.google.com TXT v=spf1 {google} ~all\n{blocks}"
    )
    assert (await tree.walk("okstate.edu", served)).terms == 6


async def test_one_sender_passes_and_another_meets_the_limit() -> None:
    """maf.link: both tools were right; a static count tells the worst."""
    parts = " ".join(f"include:i{n}.maf.link" for n in range(1, 12))
    nested = "\n".join(f"i{n}.maf.link TXT v=spf1 ip4:192.0.2.{n} -all" for n in range(1, 12))
    served = zone(f"maf.link TXT v=spf1 {parts} -all\n{nested}")
    said = {
        ip: str((await check_host(ip, "maf.link", "a@maf.link", resolver=served)).result)
        for ip in ("192.0.2.1", "192.0.2.10", "192.0.2.11", "104.47.55.110")
    }
    assert list(said.values()) == ["pass", "pass", "permerror", "permerror"]
    assert (await tree.walk("maf.link", served)).terms == 11


async def test_exp_costs_nothing() -> None:
    served = zone(
        "a.be TXT v=spf1 mx -all exp=why.a.be\nwhy.a.be TXT No.\na.be MX 10 m.a.be\nm.a.be A 192.0.2.9"
    )
    outcome = await check_host("192.0.2.1", "a.be", "a@a.be", resolver=served)
    assert (outcome.result, outcome.terms, outcome.voids, outcome.explanation) == ("fail", 1, 0, "No.")
    assert (await tree.walk("a.be", served)).terms == 1


async def test_a_loop_is_named_as_one() -> None:
    walked = await tree.walk("example.com", resolver_for("spf-include-loop"))
    assert [node.state for node in walked.nodes] == [NodeState.RECORD, NodeState.LOOP]


async def test_names_with_macros_are_counted_and_never_asked() -> None:
    for case, wanted in (("spf-macro-static-gentoo", 1), ("spf-macro-static-sendgrid", 1)):
        walked = await tree.walk(name_of(case), resolver_for(case))
        assert sum(node.state is NodeState.MACRO for node in walked.nodes) == wanted
        assert not walked.complete


async def test_the_exchanger_that_does_not_exist_is_the_one_that_is_named() -> None:
    name = "example.com"
    outcome = await check_host(
        "192.0.2.1", name, f"a@{name}", resolver=resolver_for("spf-mx-host-nxdomain"), trace=True
    )
    (mx,) = (step for step in outcome.steps if step.term == "mx")
    assert [found.name for found in mx.lookups if isinstance(found, Absent)] == ["mail.example.com"]


async def test_an_exists_that_does_not_exist_does_not_match() -> None:
    served = zone("a.be TXT v=spf1 exists:absent.a.be -all")
    assert (await check_host("8.8.8.8", "a.be", "a@a.be", resolver=served)).result == "fail"


# What a rough script took for malformed


def malformed() -> list[Any]:
    if not MALFORMED.exists():
        return []
    return [json.loads(line) for line in MALFORMED.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("line", malformed(), ids=lambda line: line["name"])
async def test_a_real_broken_record_is_told_by_its_terms(line: Any) -> None:
    octets = line["record"].encode()
    found = record.parse(octets)
    for problem in found.problems:
        assert found.text[problem.column :].startswith(problem.text)
        assert problem.expected
    assert sorted(x.column for x in (*found.directives, *found.modifiers, *found.problems)) == columns(
        found.text
    )
    outcome = await check_host(
        "192.0.2.1", "a.be", "a@a.be", resolver=ZoneResolver({("a.be", RecordType.TXT): [txt(octets)]})
    )
    if not record.is_spf(octets):
        assert outcome.result == "none"
    elif found.problems:
        assert (outcome.result, outcome.problem and outcome.problem.kind) == ("permerror", ProblemKind.SYNTAX)
    else:
        assert outcome.problem is None or outcome.problem.kind is not ProblemKind.SYNTAX


def columns(text: str) -> list[int]:
    """Where each term begins, the version left out."""
    return [i for i, c in enumerate(text) if c != " " and i and text[i - 1] == " "]
