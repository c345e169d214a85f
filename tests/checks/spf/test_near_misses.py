"""Ours: effective, present or a near miss; where it stands, and what it does to our mail."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from checks.spf.likeness import Likeness, likeness
from checks.spf.ours import Standing, gather
from tests.checks.spf.scenario import Scenario, evidence, is_told, record
from tests.checks.spf.test_health import OURS
from tests.checks.test_diagnosis import COMMON, MX, OWN, PLATFORM, told
from tests.support.zone import zone

WRITTEN, PART = "SPF_INCLUDE_MISWRITTEN", "SPF_INCLUDE_IN_PART"
SENDWELL = "sendwell.example TXT v=spf1 ip4:203.0.113.1 -all\n"


def miss(says: str, term: str, found: str, more: str = "", code: str = WRITTEN) -> Scenario:
    return Scenario(says, record(f"v=spf1 {term} -all", more), {code: found})


NEAR = (
    miss("an equals sign", "include=spf.sendwell.example", "an unknown modifier: ignored"),
    miss("a dot", "include.spf.sendwell.example", "does not parse: permerror"),
    miss("bare", "spf.sendwell.example", "spf.sendwell.example (does not parse: permerror)"),
    miss("a dot, and another name of ours", "include.mail.sendwell.example", "does not parse: permerror"),
    miss("invisible", "include:spf.sendwell.exa\u200bmple", "does not parse: permerror"),
    *(
        miss(f"as {name}", f"{name}:spf.sendwell.example", "asks for addresses of that name")
        for name in ("a", "mx", "exists", "ptr")
    ),
    miss("our domain as a:", "a:sendwell.example", "asks for addresses of that name"),
    miss("a slip", "include:spf.sendwel.example", "our name but for a slip or two; term 1"),
    miss("a dot left out", "include:spfsendwell.example", "our name but for a slip or two"),
    miss("a neighbour's TLD", "mx include:spf.sendwell.com", "our name at another top-level domain; term 2"),
    miss("a label missing", "include:spf.sendwell", "our name with a label missing or doubled"),
    miss(
        "a label doubled", "include:spf.spf.sendwell.example", "our name with something before or behind it"
    ),
    miss(
        "their own domain behind it",
        "include:spf.sendwell.example.acme.example",
        "something before or behind it",
    ),
    miss("another name of ours", "include:mail.sendwell.example", "another name of our domain"),
    miss("our domain", "include:sendwell.example", "which does not lead to our include: no match", SENDWELL),
    miss("our domain, without a record", "include:sendwell.example", "permerror when it is reached"),
    miss("behind all", "?all include:spf.sendwel.example", "never reached: ignored"),
    miss(
        "below the domain",
        "include:_spf.acme.example",
        "include=spf.sendwell.example (an unknown modifier: ignored) in the record of _spf.acme.example, 1 below",
        "_spf.acme.example TXT v=spf1 include=spf.sendwell.example ~all\n",
    ),
    miss(
        "some of our addresses",
        "ip4:192.0.2.10",
        "partial: some of our addresses, and they may change",
        code=PART,
    ),
    miss("a network of ours without a sender", "ip4:192.0.2.0/30", "ip4:192.0.2.0/30 (partial", code=PART),
    Scenario(
        "in another TXT record",
        record(f"v=spf1 mx -all\nacme.example TXT {OURS}"),
        {WRITTEN: "not an SPF record: receivers do not see it"},
    ),
    Scenario(
        "in the DMARC record",
        record("v=spf1 mx -all", f"_dmarc.acme.example TXT v=DMARC1; p=none; {OURS}\n"),
        {"SPF_INCLUDE_ELSEWHERE": f"v=DMARC1; p=none; {OURS}"},
    ),
    *(
        Scenario(
            f"at {name}",
            record("v=spf1 mx -all", f"{name} TXT v=spf1 {OURS} -all\n"),
            {"SPF_INCLUDE_ELSEWHERE": OURS},
        )
        for name in ("www.acme.example", "_spf.acme.example")
    ),
)

FAR = (
    Scenario("a neighbour that answers", record("v=spf1 include:spf2.sendwell.example -all", """
        spf2.sendwell.example TXT v=spf1 ip4:203.0.113.1 -all
    """)),
    Scenario("a slip that answers", record("v=spf1 include:spf.sendwel.example -all", """
        spf.sendwel.example TXT v=spf1 ip4:203.0.113.1 -all
    """)),
    Scenario("a slip that could not be looked up", record("v=spf1 ip4:203.0.113.1 -all include:spf.sendwel.example", """
        spf.sendwel.example * !SERVFAIL
    """)),
    Scenario("another name", record("v=spf1 include:spf.mailwell.example -all")),
    Scenario("a refusal of our addresses", record("v=spf1 -ip4:192.0.2.0/28 -all")),
    Scenario("a proof of something else", record("v=spf1 mx -all\nacme.example TXT sendwell.example=abc123")),
)  # fmt: skip

SCENARIOS = (
    *NEAR,
    Scenario(
        "a part of our include",
        record("v=spf1 include:_a.sendwell.example -all", """
            spf.sendwell.example TXT v=spf1 include:_a.sendwell.example ~all
            _a.sendwell.example TXT v=spf1 ip4:192.0.2.64/28 ~all
        """),
        {PART: "a part of our include: partial, covers some of our addresses or none"},
    ),
)  # fmt: skip


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.says)
def test_a_near_miss_is_told_with_what_it_does(scenario: Scenario) -> None:
    diagnosis = is_told(scenario)
    assert diagnosis.spf == ("missing" if "SPF_INCLUDE_ELSEWHERE" in scenario.found else "ineffective")


@pytest.mark.parametrize("scenario", FAR, ids=lambda scenario: scenario.says)
def test_what_is_not_meant_for_us_is_no_near_miss(scenario: Scenario) -> None:
    diagnosis = told(scenario.records)
    assert diagnosis.spf == "missing"
    assert not {f.rule for f in diagnosis.findings} & {WRITTEN, PART, "SPF_INCLUDE_ELSEWHERE"}


def test_at_the_parent_too() -> None:
    diagnosis = told(
        MX + f"acme.example TXT v=spf1 {OURS} -all\n", replace(OWN, from_address="us@post.acme.example")
    )
    assert OURS in evidence(diagnosis, "SPF_INCLUDE_ELSEWHERE")


def test_our_domain_that_leads_to_our_include_is_right() -> None:
    records = record("v=spf1 include:sendwell.example -all", f"sendwell.example TXT v=spf1 {OURS} -all\n")
    assert told(records).spf == "effective"


@pytest.mark.parametrize(
    ("text", "standing"),
    [
        (f"v=spf1 {OURS} -all", Standing.EFFECTIVE),
        (f"v=spf1 -all {OURS}", Standing.PRESENT),
        ("v=spf1 include=spf.sendwell.example -all", Standing.NEAR_MISS),
        ("v=spf1 mx -all", Standing.NOT_NAMED),
        (f"v=spf1 include:dark.example {OURS}\n dark.example * !TIMEOUT", Standing.UNKNOWN),
    ],
)
def test_each_sending_address_stands_somewhere(text: str, standing: Standing) -> None:
    facts = asyncio.run(gather("acme.example", PLATFORM, zone(COMMON + record(text))))
    assert {facts.standing(sender) for sender in facts.senders} == {standing}


@pytest.mark.parametrize(
    ("name", "ours", "like"),
    [
        ("spf.mailjet.com", "spf.mailjet.com", None),
        ("spf.mailjet.con", "spf.mailjet.com", Likeness.SLIP),
        ("spf.mailjet.eu.com", "spf.mailjet.com", Likeness.OTHER_TLD),
        ("spf.mailjet.co.uk", "spf.mailjet.com", Likeness.OTHER_TLD),
        ("mailjet.com", "spf.mailjet.com", Likeness.OUR_DOMAIN),
        ("spf.com", "spf.mailjet.com", None),
        ("spf.protection.outlook.de", "spf.protection.outlook.com", Likeness.OTHER_TLD),
        ("spf.outlook.com", "spf.protection.outlook.com", Likeness.LABELS),
        ("spf.protection.protection.outlook.com", "spf.protection.outlook.com", Likeness.LABELS),
        ("com", "sendgrid.net", None),
        ("sendgrid.com", "sendgrid.net", Likeness.OTHER_TLD),
        ("spf.acme.co.uk", "spf.sendwell.co.uk", None),
    ],
)
def test_names_are_alike_by_their_shape(name: str, ours: str, like: Likeness | None) -> None:
    assert likeness(name, ours) is like


def test_our_own_records_are_no_near_miss_of_themselves() -> None:
    ours = """
        spf.sendwell.example TXT v=spf1 include:_a.sendwell.example ~all
        _a.sendwell.example TXT v=spf1 ip4:192.0.2.64/28 ~all
    """
    facts = asyncio.run(gather("_a.sendwell.example", PLATFORM, zone(ours)))
    assert facts.mentions == ()
