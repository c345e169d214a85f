"""The full report: what a scan spares, and what is worked out from the same facts."""

from __future__ import annotations

import json
from dataclasses import replace

from checks import report
from checks.report import Report
from checks.spf.advice import Standing
from tests.checks.test_diagnosis import COMMON, MX, OURS, OWN, PLATFORM
from tests.support.zone import zone

TYPE_99 = 'acme.example SPF "v=spf1 mx -all"\n'


async def made(records: str, *, with_reports: bool = True) -> Report:
    return await report.make(OWN, PLATFORM, zone(COMMON + records), with_reports=with_reports)


async def test_the_withdrawn_record_type_is_told_where_it_still_stands() -> None:
    told = await made(MX + OURS + TYPE_99)
    (found,) = [f for f in told.diagnosis.findings if f.rule == "SPF_TYPE_99"]
    assert (found.about, found.matters, found.evidence[0].found) == ("acme.example", False, "v=spf1 mx -all")
    assert told.diagnosis.spf == "effective", "nobody decides by it"


async def test_a_scan_does_not_ask_for_it() -> None:
    told = await made(MX + OURS + TYPE_99, with_reports=False)
    assert "SPF_TYPE_99" not in {f.rule for f in told.diagnosis.findings}


async def test_a_look_up_that_fails_says_nothing_of_it() -> None:
    told = await made(MX + OURS + "acme.example SPF !TIMEOUT\n")
    assert "SPF_TYPE_99" not in {f.rule for f in told.diagnosis.findings}


async def test_the_record_to_publish_makes_our_mail_pass() -> None:
    told = await made(MX + "acme.example TXT v=spf1 mx -all\n")
    assert told.advice is not None
    assert (told.advice.standing, told.advice.record) == (
        Standing.PUBLISH,
        "v=spf1 include:spf.sendwell.example mx -all",
    )
    assert {s.result for s in told.advice.outcomes} == {"pass"}


async def test_without_a_domain_there_is_nothing_to_advise() -> None:
    told = await report.make(replace(OWN, email=""), PLATFORM, zone(COMMON))
    assert (told.advice, told.delivery, told.expectations) == (None, None, ())


async def test_it_is_all_json() -> None:
    told = json.loads(json.dumps(report.as_json(await made(MX + OURS + TYPE_99))))
    assert told["advice"]["standing"] == "nothing to change"
    assert told["spf_costs"] == {"terms": "1", "voids_ipv4": "0", "voids_ipv6": "0"}
    assert {r["receiver"] for r in told["receivers"]} == {"Gmail", "Yahoo", "Outlook.com"}
