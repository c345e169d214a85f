"""What `checks domain` says to a person in a terminal, line by line."""

from __future__ import annotations

import asyncio
from io import StringIO
from ipaddress import ip_address

import pytest
from rich.console import Console

from checks import report, terminal_domain
from checks.company import Company, SendingMethod
from checks.platform import Platform
from tests.support.zone import zone

PLATFORM = Platform("spf.sendwell.example", (ip_address("192.0.2.10"), ip_address("2001:db8::10")))
COMPANY = Company("1", "Acme", SendingMethod.OWN_ADDRESS, "info@acme.example", True)
OURS = "include:spf.sendwell.example"
OTHERS = """
spf.sendwell.example TXT v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 ~all
_spf.google.com TXT v=spf1 ip4:198.51.100.0/24 ~all
acme.example MX 10 mail.acme.example
mail.acme.example A 198.51.100.7
"""
MX = "acme.example MX 10 mail.acme.example\n"


def shown(published: str, others: str = OTHERS) -> str:
    records = "".join(f"acme.example TXT {line}\n" for line in published.splitlines())
    told = asyncio.run(report.make(COMPANY, PLATFORM, zone(records + others)))
    out = StringIO()
    terminal_domain.show(told, Console(file=out, highlight=False, width=200, soft_wrap=True))
    return out.getvalue()


@pytest.mark.parametrize(
    ("published", "line"),
    [
        ("v=spf1 mx -all", "What to publish, as the one SPF record of the domain"),
        (f"v=spf1 {OURS} mx -all", "What to publish: nothing to change for our mail"),
        ("v=spf1 mx -all", f"  v=spf1 {OURS} mx -all"),
        (
            "v=spf1 mx -all",
            "for a stranger: terms 2 (limit 10), voids at most 0 from IPv4, 1 from IPv6 (limit 2)",
        ),
        ("v=spf1 exists:%{i}.a.example include:%{i}.a.example -all", "terms 3 or more (limit 10)"),
        ("v=spf1 mx -all", f"+ added {OURS} – it authorises our mail."),
        (
            "v=spf1 mx ipv4:192.0.2.1 -all",
            "~ mended ipv4:192.0.2.1 → ip4:192.0.2.1 – it is not written as it must be",
        ),
        (
            "v=spf1 mx include:gone.example -all",
            "- removed include:gone.example – it names something that has no SPF",
        ),
        ("v=spf1 mx i~all", "~ mended i~all → ~all – the rest is left out until it is answered"),
        ("v=spf1 mx -all a", "- removed a – left out until it is answered"),
        ("v=spf1 mx -all a", "? Should the term a have an effect?\n    As it stands it is ignored"),
        (
            "v=spf1 include:spf.google.com -all",
            "? Did you mean include:_spf.google.com where the record says include:spf.google.com?",
        ),
        ("v=spf1 include:spf.google.com -all", f"    if so: v=spf1 {OURS} include:_spf.google.com -all"),
        (f"v=spf1 {OURS} -all", "SPF effective, DMARC absent, mail at a provider that we do not know"),
    ],
)
def test_a_line_stands_there(published: str, line: str) -> None:
    assert line in shown(published)


def test_a_record_longer_than_a_string_stands_there_to_be_pasted_and_for_a_zone_file() -> None:
    long = " ".join(f"ip4:198.51.100.{n}" for n in range(20))
    text = shown(f"v=spf1 {long} -all")
    assert f"  v=spf1 {OURS} {long} -all\n" in text
    assert f'  in a zone file: acme.example. TXT "v=spf1 {OURS} ip4:198.51.100.0' in text
    assert '"' not in shown("v=spf1 mx -all").split("As published")[0].split("What to publish")[1]


def test_what_a_kind_of_question_is_about_is_said_once() -> None:
    assert shown("v=spf1 mx -all a include:_spf.google.com").count("As it stands it is ignored") == 1


def test_several_records_are_not_counted_as_one_that_costs_nothing() -> None:
    assert "for a stranger: terms 0" not in shown("v=spf1 mx -all\nv=spf1 a -all")


def test_senders_who_are_too_late_today_are_not_told_to_lose() -> None:
    hosts = "".join(f"i{n}.example TXT v=spf1 ip4:203.0.113.{n} -all\n" for n in range(12))
    includes = " ".join(f"include:i{n}.example" for n in range(12))
    text = shown(f"v=spf1 {OURS} {includes} -all", OTHERS + hosts)
    assert "who may end in permerror: those authorised by include:i9.example" in text
    assert "who may lose" not in text


def test_a_domain_without_exchangers_has_no_unknown_provider() -> None:
    assert "no MX records" in shown(f"v=spf1 {OURS} -all", OTHERS.replace(MX, ""))
