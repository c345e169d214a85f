"""Who pays for our include where it stands: read off costs alone, before anything is evaluated."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from checks.spf.budget import Cost, Fault
from checks.spf.repair_place import NOBODY, Loss, Ours, losers, networks, readmitted
from checks.spf.repair_read import Key, Piece, piece
from tests.support.zone import zone

OURS = "include:spf.sendwell.example"
KEY = piece(OURS).key
ONE = Cost(1, 1)


def pieces(text: str) -> list[Piece]:
    return [piece(term, term) for term in text.split()]


def costs(text: str, ours: Cost, **more: Cost) -> dict[Key, Cost]:
    """A term each for `a:` and `include:`; `more`: what the hosts of that name cost."""
    found = {
        p.key: Cost(1, 1)
        for p in pieces(text)
        if p.text.lstrip("+?~-").startswith(("a:", "include:", "redirect="))
    }
    found.update({piece(f"a:{name}.example").key: cost for name, cost in more.items()})
    return {**found, KEY: ours}


NINE = " ".join(f"a:h{n}.example" for n in range(9))


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        (f"{NINE} -all", f"{OURS} {NINE} -all", ()),
        (f"{NINE} a:x.example -all", f"{OURS} {NINE} a:x.example -all", ("a:x.example",)),
        (f"{NINE} a:x.example a:y.example -all", f"{OURS} {NINE} a:x.example a:y.example -all", ("a:x.example",)),
        (f"{NINE} a:x.example ip4:192.0.2.1 -all", f"{OURS} {NINE} a:x.example ip4:192.0.2.1 -all",
         ("a:x.example", "ip4:192.0.2.1")),
        (f"{NINE} ?a:x.example ip4:192.0.2.1", f"{OURS} {NINE} ?a:x.example ip4:192.0.2.1", ("ip4:192.0.2.1",)),
        (f"{NINE} redirect=x.example", f"{OURS} {NINE} redirect=x.example", ("redirect=x.example",)),
        # ours at its end costs nobody anything; where it stood already, neither
        (f"{NINE} a:x.example -all", f"{NINE} a:x.example {OURS} -all", ()),
        (f"{OURS} {NINE} a:x.example -all", f"{OURS} {NINE} a:x.example -all", ()),
        (f"{NINE} {OURS} a:x.example -all", f"{OURS} {NINE} a:x.example -all", ()),
        (f"{NINE} a:x.example {OURS} -all", f"{OURS} {NINE} a:x.example -all", ("a:x.example",)),
        # a term that was not there passes nobody yet, and costs those behind it
        (f"{NINE} -all", f"{OURS} a:new.example {NINE} -all", ("a:h8.example",)),
        (f"{NINE} a:x.example -all", f"a:new.example {NINE} a:x.example -all", ("a:x.example",)),
        # a duplicate passes at its first place
        (f"a:x.example {NINE} a:x.example -all", f"a:x.example {OURS} {NINE} -all", ("a:h8.example",)),
    ],
)  # fmt: skip
def test_whoever_is_reached_beyond_ten_terms_loses(old: str, new: str, lost: tuple[str, ...]) -> None:
    known = costs(f"{old} {new}", ONE)
    assert losers(pieces(old), pieces(new), KEY, known) == Loss(lost)


def test_nobody_loses_who_did_not_pass() -> None:
    new = pieces(f"{OURS} {NINE} a:x.example")
    assert losers(None, new, KEY, costs(f"{NINE} a:x.example", ONE)) is NOBODY


@pytest.mark.parametrize(
    ("ours", "more", "lost", "by_error"),
    [
        (Cost(1, 1, (1, 0)), Cost(1, 1, (1, 2)), (), False),
        (Cost(1, 1, (1, 0)), Cost(1, 1, (2, 0)), ("a:x.example", "ip4:192.0.2.1"), False),
        (Cost(1, 1, (0, 1)), Cost(1, 1, (0, 2)), ("a:x.example", "ip4:192.0.2.1"), False),
        (Cost(1, 1, (0, 1)), Cost(1, 1, (9, 1)), (), False),
        (Cost(1, 1), Cost(1, 1, fault=Fault.UNKNOWN), ("a:x.example", "ip4:192.0.2.1"), False),
        (Cost(), Cost(1, 1, fault=Fault.UNKNOWN), (), False),
        (Cost(1, 1, fault=Fault.DEAD), Cost(1, 1), ("a:w.example", "a:x.example", "ip4:192.0.2.1"), True),
        (Cost(1, 1, fault=Fault.BROKEN), Cost(1, 1), ("a:w.example", "a:x.example", "ip4:192.0.2.1"), True),
        (Cost(1, 1, fault=Fault.FAILED), Cost(1, 1), ("a:w.example", "a:x.example", "ip4:192.0.2.1"), True),
        (Cost(1, 1), Cost(1, 1, fault=Fault.FAILED), (), False),
    ],
)  # fmt: skip
def test_voids_and_faults_cost_those_behind_ours(
    ours: Cost, more: Cost, lost: tuple[str, ...], by_error: bool
) -> None:
    old = "a:w.example a:x.example ip4:192.0.2.1 -all"
    known = costs(old, ours, x=more)
    assert losers(pieces(old), pieces(f"{OURS} {old}"), KEY, known) == Loss(lost, by_error)
    assert losers(pieces(old), pieces(old), KEY, known) == NOBODY


def test_what_nobody_reached_has_no_losers() -> None:
    old = "a:x.example a:y.example -all"
    known = costs(old, ONE, x=Cost(12, 10))
    assert losers(pieces(old), pieces(f"{OURS} {old}"), KEY, known).terms == ("a:x.example",)
    known = costs(old, ONE, x=Cost(12, 9))
    assert losers(pieces(old), pieces(f"{OURS} {old}"), KEY, known).terms == ("a:x.example", "a:y.example")


def our(only: bool = True) -> Ours:
    held = (ip_network("192.0.2.0/28"), ip_network("2001:db8::/64"))
    return Ours(piece(OURS), Cost(1, 1), held, only)


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        ("-ip4:192.0.2.3 mx", f"{OURS} -ip4:192.0.2.3 mx", ("-ip4:192.0.2.3",)),
        ("-ip4:192.0.2.3 mx", f"-ip4:192.0.2.3 {OURS} mx", ()),
        ("-ip4:192.0.2.3 mx", "-ip4:192.0.2.3 mx", ()),
        ("-ip4:203.0.113.1 mx", f"{OURS} -ip4:203.0.113.1 mx", ()),
        ("-ip4:192.0.0.0/16 mx", f"{OURS} -ip4:192.0.0.0/16 mx", ("-ip4:192.0.0.0/16",)),
        ("-ip6:2001:db8::/32 mx", f"{OURS} -ip6:2001:db8::/32 mx", ("-ip6:2001:db8::/32",)),
        ("-a:x.example mx", f"{OURS} -a:x.example mx", ("-a:x.example",)),
        ("~ip4:192.0.2.3 mx -all", f"{OURS} ~ip4:192.0.2.3 mx -all", ()),
        (f"mx {OURS} -ip4:192.0.2.3", f"{OURS} mx -ip4:192.0.2.3", ()),
        (f"-ip4:192.0.2.3 {OURS} mx", f"{OURS} -ip4:192.0.2.3 mx", ("-ip4:192.0.2.3",)),
        (f"mx ~{OURS} -ip4:192.0.2.3", f"{OURS} mx -ip4:192.0.2.3", ("-ip4:192.0.2.3",)),
        ("mx", f"{OURS} mx -ip4:192.0.2.3", ("-ip4:192.0.2.3",)),
    ],
)
def test_a_refusal_that_ours_comes_before_is_told(old: str, new: str, again: tuple[str, ...]) -> None:
    assert tuple(p.text for p in readmitted(pieces(old), pieces(new), our())) == again


def test_where_ours_names_hosts_any_refusal_may_be_of_them() -> None:
    old, new = pieces("-ip4:203.0.113.1 mx"), pieces(f"{OURS} -ip4:203.0.113.1 mx")
    assert [p.text for p in readmitted(old, new, our(only=False))] == ["-ip4:203.0.113.1"]


@pytest.mark.parametrize(
    ("text", "held", "only"),
    [
        ("ip4:192.0.2.0/28 ip6:2001:db8::/64 ~all", ("192.0.2.0/28", "2001:db8::/64"), True),
        ("ip4:192.0.2.0/28 ip4:192.0.2.0/28 -ip4:192.0.3.0/28 ?ip4:192.0.4.0/28 -all", ("192.0.2.0/28",), True),
        ("include:more.example ip4:192.0.2.0/28 -all", ("192.0.2.0/28", "198.51.100.0/24"), True),
        ("redirect=more.example", ("198.51.100.0/24",), True),
        ("ip4:192.0.2.0/28 -all ip4:192.0.5.0/28 include:more.example", ("192.0.2.0/28",), True),
        ("include:gone.example ip4:192.0.2.0/28 -all", ("192.0.2.0/28",), True),
        *((f"ip4:192.0.2.0/28 {term} -all", ("192.0.2.0/28",), False) for term in
          ("a", "mx", "ptr", "exists:x.example", "include:%{l}.example")),
        ("a ip4:192.0.2.0/28 -all", ("192.0.2.0/28",), False),
    ],
)  # fmt: skip
async def test_our_networks_are_all_that_we_authorise_or_not(
    text: str, held: tuple[str, ...], only: bool
) -> None:
    records = f"spf.sendwell.example TXT v=spf1 {text}\nmore.example TXT v=spf1 ip4:198.51.100.0/24 -all\n"
    found, alone = await networks("spf.sendwell.example", zone(records))
    assert tuple(map(str, found)) == held
    assert alone is only
