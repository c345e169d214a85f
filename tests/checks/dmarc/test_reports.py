"""Report addresses at other organisations' domains (RFC 9990 4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.dmarc import gather, judge
from checks.dmarc.record import parse
from checks.dmarc.reports import MAX_TARGETS, _host
from tests.checks.dmarc.test_discover import Counting
from tests.support.zone import zone

POLICY = "_dmarc.a.be TXT v=DMARC1; p=none; rua=mailto:d@reports.example\n"
YES = "a.be._report._dmarc.reports.example TXT v=DMARC1"
RULE = "DMARC_REPORT_NOT_AUTHORISED"


async def said(records: str, domain: str = "a.be") -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    findings = judge(await gather(domain, zone(records), with_reports=True))
    return [(f.about, tuple((e.expected, e.found) for e in f.evidence)) for f in findings if f.rule == RULE]


@pytest.mark.parametrize(
    ("records", "domain"),
    [
        (POLICY + YES, "a.be"),
        (POLICY + YES + ";", "a.be"),
        (POLICY + YES + "; rua=mailto:other@reports.example", "a.be"),
        (POLICY + YES + "\na.be._report._dmarc.reports.example TXT hello", "a.be"),
        (POLICY + YES + "\na.be._report._dmarc.reports.example TXT v=DMARC1; rua=mailto:x@reports.example", "a.be"),
        # inside the own organisation nobody has to agree
        ("_dmarc.a.be TXT v=DMARC1; p=none; rua=mailto:d@a.be", "a.be"),
        ("_dmarc.a.be TXT v=DMARC1; p=none; rua=mailto:d@mail.a.be", "a.be"),
        ("_dmarc.a.be TXT v=DMARC1; p=none; rua=mailto:d@a.be\nsub.a.be A 192.0.2.1", "sub.a.be"),
        ("_dmarc.a.be TXT v=DMARC1; p=none\n_dmarc.sub.a.be TXT v=DMARC1; p=none; rua=mailto:d@a.be", "sub.a.be"),
        # not known, or not theirs
        (POLICY + "a.be._report._dmarc.reports.example TXT !SERVFAIL", "a.be"),
        ("_dmarc.gov.uk TXT v=DMARC1; p=none; psd=y; rua=mailto:d@reports.example", "a.gov.uk"),
        ("_dmarc.a.be TXT v=DMARC1; p=none", "a.be"),
    ],
)  # fmt: skip
async def test_reports_that_may_go_there(records: str, domain: str) -> None:
    assert await said(records, domain) == []


NAME = "a.be._report._dmarc.reports.example"


@pytest.mark.parametrize(
    ("records", "found"),
    [
        ("", f"nothing at {NAME}"),
        (f"{NAME} TXT hello", f"{NAME}: hello"),
        (f"{NAME} TXT v=dmarc1", f"{NAME}: v=dmarc1"),
        (
            f"{NAME} TXT v=DMARC1; rua=mailto:x@elsewhere.example",
            f"{NAME}: v=DMARC1; rua=mailto:x@elsewhere.example",
        ),
    ],
)
async def test_reports_that_nobody_agreed_to(records: str, found: str) -> None:
    expected = f"v=DMARC1 at {NAME}, for mailto:d@reports.example"
    assert await said(POLICY + records) == [("_dmarc.a.be", ((expected, found),))]


async def test_the_record_of_the_organisation_is_asked_about_under_its_own_name() -> None:
    records = POLICY + "sub.a.be A 192.0.2.1\n"
    ((about, ((expected, _),)),) = await said(records, "sub.a.be")
    assert (about, expected) == ("_dmarc.a.be", f"v=DMARC1 at {NAME}, for mailto:d@reports.example")


async def test_a_host_is_asked_once_and_a_flood_of_them_not_at_all() -> None:
    uris = [f"mailto:{n}@r{n}.example" for n in (1, 1, 2, 3, 4, 5, 6, 7, 8)]
    resolver = Counting(zone(f"_dmarc.a.be TXT v=DMARC1; p=none; rua={','.join(uris)}; ruf={uris[0]}"))
    await gather("a.be", resolver, with_reports=True)
    asked = [name for name in resolver.asked if "_report" in name]
    assert asked == [f"a.be._report._dmarc.r{n}.example" for n in range(1, MAX_TARGETS + 1)]


async def test_a_scan_does_not_ask() -> None:
    resolver = Counting(zone(POLICY))
    facts = await gather("a.be", resolver)
    assert facts.report_targets == ()
    assert all("_report" not in name for name in resolver.asked)


async def test_a_name_too_long_to_ask_for_cannot_agree() -> None:
    host = ".".join(["r" * 60] * 4)
    resolver = Counting(zone(f'_dmarc.a.be TXT "v=DMARC1; p=none; rua=mailto:d@{host}"'))
    facts = await gather("a.be", resolver, with_reports=True)
    assert [target.authorised for target in facts.report_targets] == [False]
    assert all(len(name) <= 253 for name in resolver.asked)


@pytest.mark.parametrize(
    ("uri", "host"),
    [
        ("mailto:d@Reports.Example", "reports.example"),
        ("MAILTO:d@reports.example.?subject=x@y", "reports.example"),
        ("https://reports.example:8443/in", "reports.example"),
        ("https://[::1", ""),
        ("tag:x", ""),
    ],
)
def test_the_host_of_a_report_address(uri: str, host: str) -> None:
    assert _host(uri) == host


@given(st.text(max_size=60))
async def test_no_report_address_breaks_anything(text: str) -> None:
    record = parse(f"v=DMARC1; p=none; rua=https:{text},mailto:{text}@{text}")
    assert record
    for uri in record.rua:
        _host(uri)
