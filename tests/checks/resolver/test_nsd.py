"""The resolver against NSD, a real server that is authoritative and follows nothing out of a zone."""

from collections.abc import Iterator

import pytest

from checks.lookup import Absent, Answer, FailureReason, LookupFailed, Mx, RecordType, txt
from checks.resolver import LiveResolver
from tests.support.nsd import NSD, serving

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(NSD is None, reason="NSD is not installed (Debian, Ubuntu: apt install nsd)"),
]

ONE = """\
$ORIGIN one.test.
@       900 SOA ns.one.test. host.one.test. 1 1800 900 604800 120
@       900 NS ns.one.test.
ns      900 A 127.0.0.1
@       300 MX 10 mail.one.test.
@       300 MX 0 .
@       300 TXT "v=spf1 " "include:spf.two.test" " -all"
mail    200 A 192.0.2.1
old     300 SPF "v=spf1 -all"
mail    200 AAAA 2001:DB8::1
here    60 CNAME mail.one.test.
there   60 CNAME spf.two.test.
nowhere 60 CNAME nothing.one.test.
beyond  60 CNAME nothing.two.test.
outside 60 CNAME www.three.test.
loop1   60 CNAME loop2.two.test.
*.wild  300 TXT "wild"
below   300 NS ns.elsewhere.test.
back\\092slash\\046dot 300 TXT "odd"
"""
TWO = """\
$ORIGIN two.test.
@       900 SOA ns.two.test. host.two.test. 1 1800 900 604800 120
@       900 NS ns.one.test.
spf     30 TXT "v=spf1 ip4:192.0.2.0/24 -all"
loop2   60 CNAME loop1.one.test.
"""
LARGE = "".join(f'large 300 TXT "{number:0200}"\n' for number in range(20))


@pytest.fixture(scope="module")
def nsd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running NSD that serves the two zones."""
    where = tmp_path_factory.mktemp("nsd")
    (where / "one.zone").write_text(ONE + LARGE)
    (where / "two.zone").write_text(TWO)
    with serving(where, {"one.test": "one.zone", "two.test": "two.zone"}) as address:
        yield address


@pytest.mark.parametrize(
    "expected",
    [
        Answer("one.test", RecordType.MX, (Mx(0, ""), Mx(10, "mail.one.test")), 300),
        Answer("one.test", RecordType.TXT, (txt("v=spf1 ", "include:spf.two.test", " -all"),), 300),
        Answer("old.one.test", RecordType.SPF, (txt("v=spf1 -all"),), 300),
        Answer("mail.one.test", RecordType.A, ("192.0.2.1",), 200),
        Answer("mail.one.test", RecordType.AAAA, ("2001:db8::1",), 200),
        Answer("one.test", RecordType.NS, ("ns.one.test",), 900),
        Answer("one.test", RecordType.SOA, ("ns.one.test. host.one.test. 1 1800 900 604800 120",), 900),
        Answer("here.one.test", RecordType.CNAME, ("mail.one.test",), 60),
        Answer("here.one.test", RecordType.A, ("192.0.2.1",), 60, ("mail.one.test",)),
        Answer(
            *(
                "there.one.test",
                RecordType.TXT,
                (txt("v=spf1 ip4:192.0.2.0/24 -all"),),
                30,
                ("spf.two.test",),
            ),
        ),
        Answer("any.wild.one.test", RecordType.TXT, (txt("wild"),), 300),
        Absent("here.one.test", RecordType.TXT, False, 60, ("mail.one.test",)),
        Absent("nowhere.one.test", RecordType.A, True, 60, ("nothing.one.test",)),
        Absent("beyond.one.test", RecordType.A, True, 60, ("nothing.two.test",)),
        Absent("nothing.one.test", RecordType.A, True, 120),
        Absent("wild.one.test", RecordType.TXT, False, 120),
        LookupFailed("loop1.one.test", RecordType.A, FailureReason.MALFORMED),
        LookupFailed("outside.one.test", RecordType.A, FailureReason.REFUSED),
        LookupFailed("three.test", RecordType.A, FailureReason.REFUSED),
        LookupFailed("a.below.one.test", RecordType.A, FailureReason.REFUSED),
    ],
    ids=lambda expected: f"{expected.name} {expected.type}",
)
async def test_nsd_is_understood(nsd: str, expected: Answer | Absent | LookupFailed) -> None:
    async with LiveResolver([nsd]) as resolver:
        result = await resolver.lookup(expected.name, expected.type)
    if isinstance(expected, LookupFailed):
        expected = LookupFailed(expected.name, expected.type, expected.reason, nsd)
    assert result == expected


async def test_what_nsd_truncates_comes_over_tcp(nsd: str) -> None:
    async with LiveResolver([nsd]) as resolver:
        result = await resolver.lookup("large.one.test", RecordType.TXT)
    assert isinstance(result, Answer)
    assert [int(text.octets) for text in result.texts] == list(range(20))
    assert resolver.queries == 2


async def test_a_label_with_a_dot_is_another_name_than_its_escape(nsd: str) -> None:
    async with LiveResolver([nsd]) as resolver:
        assert isinstance(await resolver.lookup(r"back\slash.dot.one.test", RecordType.TXT), Absent)
        assert isinstance(await resolver.lookup(r"back\092slash\046dot.one.test", RecordType.TXT), Absent)
