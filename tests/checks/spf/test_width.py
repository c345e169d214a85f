"""How much of the address space terms let pass, and which of them others cover."""

from __future__ import annotations

import pytest

from checks.spf import record
from checks.spf.tree import walk
from checks.spf.width import Width, covered, width
from tests.checks.spf.test_tree_details import term
from tests.support.zone import zone


@pytest.mark.parametrize(
    ("text", "wide"),
    [
        ("ip4:16.0.0.0/7", Width.NEARLY_ALL),
        ("ip4:16.0.0.0/8", Width.WIDE),
        ("ip4:16.0.0.0/13", Width.WIDE),
        ("ip4:16.0.0.0/14", Width.NARROW),
        ("ip6:2001::/15", Width.NEARLY_ALL),
        ("ip6:2001::/16", Width.WIDE),
        ("ip6:2001:db8::/27", Width.WIDE),
        ("ip6:2001:db8::/28", Width.NARROW),
        ("a/7", Width.NEARLY_ALL),
        ("a//15", Width.NEARLY_ALL),
        ("mx/8//27", Width.WIDE),
        ("mx/32//15", Width.NEARLY_ALL),
        ("a", Width.NARROW),
        ("ptr", Width.NARROW),
        ("include:a.example", Width.NARROW),
        ("all", Width.NARROW),
    ],
)
def test_a_term_is_as_wide_as_its_lengths(text: str, wide: Width) -> None:
    assert width(term(text)) is wide


@pytest.mark.parametrize(
    ("text", "all_pass"),
    [
        *(("mx +all", True), ("all", True), ("mx -all", False), ("?all", False), ("mx", False), ("", False)),
        *(("-all +all", False), ("ip4:nonsense +all", False), ("+all mx", True)),
    ],
)
def test_a_record_that_ends_in_plus_all_lets_everybody_pass(text: str, all_pass: bool) -> None:
    assert record.parse(f"v=spf1 {text}".encode()).passes_all is all_pass


@pytest.mark.parametrize(
    ("text", "more", "found"),
    [
        ("ip4:192.0.2.0/24 ip4:192.0.2.7", "", [("ip4:192.0.2.7", "ip4:192.0.2.0/24", "acme.example")]),
        ("ip4:192.0.2.7 ip4:192.0.2.0/24", "", [("ip4:192.0.2.7", "ip4:192.0.2.0/24", "acme.example")]),
        ("ip4:192.0.2.255 ip4:192.0.2.0/24", "", [("ip4:192.0.2.255", "ip4:192.0.2.0/24", "acme.example")]),
        ("ip4:192.0.2.7 ip4:192.0.2.7", "", [("ip4:192.0.2.7", "ip4:192.0.2.7", "acme.example")]),
        ("ip4:192.0.2.0/25 ip4:192.0.2.128/25", "", []),
        ("ip4:192.0.2.0/24 ip4:192.0.3.0", "", []),
        ("ip4:192.0.2.0/24 -ip4:192.0.2.7", "", []),
        ("-ip4:192.0.2.0/24 ip4:192.0.2.7", "", []),
        ("ip4:192.0.2.0/24 -all ip4:192.0.2.7", "", []),
        ("ip6:2001:db8::/32 ip6:2001:db8::1", "", [("ip6:2001:db8::1", "ip6:2001:db8::/32", "acme.example")]),
        ("ip4:0.0.0.0/0 ip6:::1", "", []),
        ("ip6:::/0 ip4:192.0.2.1", "", []),
        # somebody else's record covers ours; what they say twice is theirs
        ("ip4:192.0.2.7 include:i.example", "v=spf1 ip4:192.0.2.0/24 ip4:192.0.2.1 -all",
         [("ip4:192.0.2.7", "ip4:192.0.2.0/24", "i.example")]),
        ("ip4:192.0.2.0/24 include:i.example", "v=spf1 ip4:192.0.2.7 -all", []),
        ("ip4:192.0.2.0/24 include:i.example", "v=spf1 ip4:192.0.2.0/24 -all", []),
        ("ip4:192.0.2.7 -include:i.example", "v=spf1 ip4:192.0.2.0/24 -all", []),
        ("ip4:192.0.2.7 ?include:i.example", "v=spf1 ip4:192.0.2.0/24 -all", []),
        ("ip4:192.0.2.7 ~include:i.example", "v=spf1 ip4:192.0.2.0/24 -all", []),
        ("ip4:192.0.2.7 +include:i.example", "v=spf1 ip4:192.0.2.0/24 -all",
         [("ip4:192.0.2.7", "ip4:192.0.2.0/24", "i.example")]),
        ("ip4:192.0.2.7 -all include:i.example", "v=spf1 ip4:192.0.2.0/24 -all", []),
        ("ip4:192.0.2.7 include:i.acme.example", "v=spf1 ip4:192.0.2.0/24 -all", []),
    ],
)  # fmt: skip
async def test_a_network_within_another_is_covered(
    text: str, more: str, found: list[tuple[str, str, str]]
) -> None:
    records = f"acme.example TXT v=spf1 {text}\n" + (f"i.example TXT {more}\n" if more else "")
    tree = await walk("acme.example", zone(records))
    assert list(covered(tree)) == [
        (f"{narrow} in the record of acme.example", f"{wide} in the record of {where}")
        for narrow, wide, where in found
    ]


async def test_a_network_in_a_record_below_the_domain_is_its_own() -> None:
    records = "acme.example TXT v=spf1 ip4:192.0.2.0/24 include:i.acme.example -all\n"
    tree = await walk("acme.example", zone(records + "i.acme.example TXT v=spf1 ip4:192.0.2.7 -all\n"))
    assert list(covered(tree)) == [
        ("ip4:192.0.2.7 in the record of i.acme.example", "ip4:192.0.2.0/24 in the record of acme.example")
    ]
