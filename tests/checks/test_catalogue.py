"""Every rule can be read and acted on, and something real raises it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from ipaddress import ip_address

import pytest

from checks import catalogue, report
from checks.company import Diagnosis, SendingMethod
from checks.diagnosis import diagnose
from checks.model import Rule
from tests.checks import test_diagnosis as decided
from tests.checks.smtp import scenarios as login
from tests.checks.spf import test_health as health
from tests.checks.spf import test_near_misses as near
from tests.checks.spf import test_present_is_not_effective as table
from tests.support.zone import zone

CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")


def raised(diagnosis: Diagnosis) -> set[str]:
    return {finding.rule for finding in diagnosis.findings}


def of_the_scenarios() -> set[str]:
    """What the product's table, the decided cases and the few below raise."""
    codes: set[str] = set()
    for row in table.ROWS:
        records = zone(table.COMMON + table.OTHERS + "\n" + row.records)
        codes |= raised(asyncio.run(diagnose(table.COMPANY, table.PLATFORM, records)))
    for case in decided.CASES:
        codes |= raised(decided.told(case.records, case.company, case.platform))
    for scenario in (*health.SCENARIOS, *near.SCENARIOS):
        codes |= raised(decided.told(scenario.records))
    for records in MORE.values():
        codes |= raised(decided.told(records))
    full = report.make(
        decided.OWN, decided.PLATFORM, zone('acme.example SPF "v=spf1 -all"'), with_reports=True
    )
    codes |= raised(asyncio.run(full).diagnosis)
    codes |= raised(decided.told("", replace(decided.OWN, email="info@nowhere.example")))
    codes |= raised(decided.told(decided.MX + decided.OURS, FROM_MALFORMED))
    codes |= raised(decided.told(decided.MX + decided.OURS, decided.OWN, FORGOT_AN_ADDRESS))
    codes |= raised(asyncio.run(diagnose(decided.OWN, decided.PLATFORM, zone(REPORTS), with_reports=True)))
    return codes | login.causes()


FROM_MALFORMED = replace(decided.OWN, method=SendingMethod.OWN_SERVER, from_address="us@")
FORGOT_AN_ADDRESS = replace(decided.PLATFORM, sending_addresses=(ip_address("203.0.113.9"),))
_HOSTS = "".join(f"acme.example MX {n} m{n}.example\n" for n in range(1, 12))
REPORTS = "_dmarc.acme.example TXT v=DMARC1; p=none; rua=mailto:acme@reports.example\n"
MORE = {
    "a share of the failing mail": decided.MX + "_dmarc.acme.example TXT v=DMARC1; p=quarantine; pct=20\n",
    "more than ten exchangers": _HOSTS + "acme.example TXT v=spf1 mx include:spf.sendwell.example -all\n",
    "a deliberate refusal before ours": decided.MX
    + "acme.example TXT v=spf1 -ip4:192.0.2.0/24 -ip6:2001:db8::/32 include:spf.sendwell.example -all\n",
    "several empty queries": "".join(
        f"acme.example MX {n} v{n}.example\n v{n}.example A 192.0.2.9{n}\n" for n in (1, 2, 3)
    )
    + "acme.example MX 4 six.example\n six.example AAAA 2001:db8:1::4\n"
    + "acme.example TXT v=spf1 mx include:spf.sendwell.example -all\n",
    "a record that is nearly DMARC": decided.MX + "_dmarc.acme.example TXT v=DMARC1 p=reject\n",
    "a policy that is none": decided.MX + "_dmarc.acme.example TXT v=DMARC1; p=refuse\n",
    "a policy that counts as none": decided.MX
    + "_dmarc.acme.example TXT v=DMARC1; p=refuse; rua=mailto:d@acme.example\n",
    "a broken and an unknown tag": decided.MX
    + "_dmarc.acme.example TXT v=DMARC1; p=none; fo:0; plicy=reject\n",
    "only an address": "acme.example A 198.51.100.7\n",
    "neither": "acme.example TXT hello\n",
    "one exchanger of two dead": decided.MX + "acme.example MX 20 gone.example\n",
    "the exchanger not looked up": "acme.example MX 20 dark.example\n dark.example * !TIMEOUT\n",
    "an address as exchanger": decided.MX + "acme.example MX 20 192.0.2.1\n",
    "an alias as exchanger": "acme.example MX 10 alias.example\n alias.example CNAME mail.acme.example\n",
    "null beside others": decided.MX + "acme.example MX 0 .\n",
    "null twice": "acme.example MX 0 .\nacme.example MX 5 .\n",
    "a private exchanger": decided.MX + "acme.example MX 20 in.example\n in.example A 10.0.0.1\n",
    "the domain itself as exchanger": "acme.example MX 10 acme.example\n acme.example A 198.51.100.7\n",
    "a flood of exchangers": "".join(f"acme.example MX {n} x{n}.example\n" for n in range(30)),
    "null with a preference": "acme.example MX 10 .\n",
}


def test_every_rule_is_raised_by_a_scenario() -> None:
    assert sorted(set(catalogue.RULES) - of_the_scenarios()) == []


def test_no_two_rules_share_a_code() -> None:
    assert len(catalogue.RULES) == len(catalogue.ALL)


@pytest.mark.parametrize("rule", catalogue.ALL, ids=lambda rule: rule.code)
def test_a_rule_says_what_it_means_what_to_do_and_who_says_so(rule: Rule) -> None:
    assert CODE.fullmatch(rule.code)
    for text in (rule.title, rule.meaning, rule.fix):
        assert text[0].isupper() or text.startswith("{about}")
        assert text.endswith(".")
        assert "  " not in text
    assert rule.source
    assert set(re.findall(r"\{.*?\}", rule.title)) <= {"{about}"}
    assert "{" not in rule.meaning + rule.fix
