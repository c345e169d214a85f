"""%{p} in a name counts as a look-up of its own (RFC 7208 4.6.4): the worst case says what the evaluator counts."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from checks.platform import Platform
from checks.spf import check_host
from checks.spf.advice import Standing
from checks.spf.costs import measure
from checks.spf.ours import gather
from checks.spf.outcome import ProblemKind, Result
from checks.spf.repair import propose
from checks.spf.tree import walk
from tests.checks.spf.scenario import Scenario, is_told, record
from tests.checks.spf.test_health import HOSTS
from tests.support.zone import zone

OURS = "include:spf.sendwell.example"
US = Platform("spf.sendwell.example", (ip_address("192.0.2.10"), ip_address("2001:db8::10")))
OUR_RECORD = "spf.sendwell.example TXT v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 ~all\n"
STRANGERS = {4: "203.0.113.9", 6: "2001:db8:ffff::9"}
NAMED = """9.113.0.203.in-addr.arpa PTR host.example
host.example A 203.0.113.9
host.example.b.example A 198.51.100.1
"""

SCENARIOS = (
    Scenario(
        "%{p} costs a look-up beside that of its term",
        record(f"v=spf1 {OURS} exists:%{{p}}.acme.example a -all", "acme.example A 198.51.100.1\n"),
        {
            "SPF_BUDGET": "at most 10 terms that look something up → 4",
            "SPF_DEPENDS_ON_SENDER": "exists:%{p}.acme.example in the record of acme.example; counts as 2 look-ups",
            "SPF_PTR": "exists:%{p}.acme.example in the record of acme.example",
        },
        ("SPF_OVER_BUDGET_FOR_OTHERS",),
    ),
    Scenario(
        "five of them behind ours are one too many",
        record(f"v=spf1 {OURS} {' '.join(f'a:%{{p}}.h{n}.example' for n in range(1, 6))} -all", HOSTS),
        {"SPF_OVER_BUDGET_FOR_OTHERS": "at most 10 terms that look something up → 11"},
        cause="SPF_OVER_BUDGET_FOR_OTHERS",
    ),
    Scenario(
        "without %{p} five terms are five look-ups",
        record(f"v=spf1 {OURS} {' '.join(f'a:%{{i}}.h{n}.example' for n in range(1, 6))} -all", HOSTS),
        {"SPF_BUDGET": "at most 10 terms that look something up → 6"},
        ("SPF_OVER_BUDGET_FOR_OTHERS", "SPF_PTR"),
    ),
    Scenario(
        "what breaks our mail says how many the whole record needs",
        record(f"v=spf1 {' '.join(f'exists:%{{p}}.x{n}.example' for n in range(6))} {OURS} -all"),
        {"SPF_VOID_LIMIT_EXCEEDED": "exists:%{p}.x2.example", "SPF_BUDGET": "look something up → 13"},
    ),
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.says)
def test_the_record_is_told(scenario: Scenario) -> None:
    is_told(scenario)


@pytest.mark.parametrize("family", STRANGERS)
@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("a:%{p}.b.example -all", 2),
        ("exists:%{p}.%{p}.b.example -all", 2),
        ("exists:%{P2R}.b.example -all", 2),
        ("include:b.example mx:%{p}.b.example -all", 5),
        ("a:%{i}.b.example redirect=b.example", 4),
        ("ip4:198.51.100.1 -all exp=%{p}.b.example", 0),
        ("-all exists:%{p}.b.example", 0),
    ],
)
async def test_the_worst_case_is_what_a_stranger_is_counted(family: int, text: str, terms: int) -> None:
    """An IPv4 sender with a name and an IPv6 sender without one."""
    served = zone(
        f"acme.example TXT v=spf1 {text}\nb.example TXT v=spf1 exists:%{{p}}.gone.example -all\n{NAMED}"
    )
    outcome = await check_host(
        STRANGERS[family], "acme.example", "x@acme.example", resolver=served, explain=True
    )
    tree = await walk("acme.example", served)
    costs = await measure(tree, served)
    assert outcome.terms == terms
    assert (tree.terms, costs.terms.least, costs.terms.most) == (terms, terms, terms)


async def test_an_eleventh_look_up_for_a_name_breaks_it_for_strangers() -> None:
    served = zone(
        f"acme.example TXT v=spf1 {OURS} {' '.join(f'a:%{{p}}.h{n}.example' for n in range(1, 6))} -all\n"
        + OUR_RECORD
        + "".join(f"unknown.h{n}.example A 198.51.100.{n}\n" for n in range(1, 6))
    )
    outcome = await check_host(STRANGERS[4], "acme.example", "x@acme.example", resolver=served)
    assert outcome.problem is not None
    assert (outcome.result, outcome.problem.kind) == (Result.PERMERROR, ProblemKind.TERM_LIMIT)


async def test_the_repair_counts_it_and_says_who_may_lose() -> None:
    """Nine terms and then one with %{p}: eleven with ours, so whoever passes by the last one may lose."""
    hosts = " ".join(f"a:h{n}.example" for n in range(1, 9))
    served = zone(
        f"acme.example TXT v=spf1 {hosts} a:%{{p}}.b.example -all\n{OUR_RECORD}{NAMED}"
        + "".join(f"h{n}.example A 198.51.100.{n}\nh{n}.example AAAA 2001:db8:1::{n}\n" for n in range(1, 9))
    )
    advice = await propose(await gather("acme.example", US, served), US, served)
    assert (advice.standing, advice.size.terms) == (Standing.PUBLISH, 11)
    assert advice.losers == ("a:%{p}.b.example",)


async def test_a_redirect_by_name_counts_twice_in_the_repair_too() -> None:
    served = zone(f"acme.example TXT v=spf1 redirect=%{{p}}.b.example\n{OUR_RECORD}")
    advice = await propose(await gather("acme.example", US, served), US, served)
    assert (advice.size.terms, advice.size.unknown) == (3, True)
