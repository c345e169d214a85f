"""What people write for an address, and what else needs no guess; beside the terms of test_mend.py."""

from __future__ import annotations

import pytest

from checks.spf import mend, record
from checks.spf.mend_address import MOST_LISTED, network, several
from checks.spf.typing_slips import cleaned, close, distance, odd_characters

WRITTEN = {
    # right as it stands, host bits and all
    "192.0.2.1": "192.0.2.1",
    "192.0.2.1/24": "192.0.2.1/24",
    "0.0.0.0/0": "0.0.0.0/0",
    "2001:db8::": "2001:db8::",
    "2001:db8::/128": "2001:db8::/128",
    # with signs around it
    "[192.0.2.1]": "192.0.2.1",
    "<2001:db8::1>": "2001:db8::1",
    "(192.0.2.0/24)": "192.0.2.0/24",
    "[2001:db8::": "2001:db8::",
    "'192.0.2.1'": "192.0.2.1",
    "192.0.2.1;:": "192.0.2.1",
    # other forms of a prefix length
    "192.0.2.0/024": "192.0.2.0/24",
    "192.0.2.0//24": "192.0.2.0/24",
    "2001:db8::/0032": "2001:db8::/32",
    "192.0.2.0/255.255.255.0": "192.0.2.0/24",
    "192.0.2.0/255.255.255.255": "192.0.2.0/32",
    "192.0.2.0/0.0.0.0": "192.0.2.0/0",
    "192.0.2.0/255.255.255.252": "192.0.2.0/30",
    # octets left out
    "192.0.2.*": "192.0.2.0/24",
    "192.0.x.x": "192.0.0.0/16",
    "10.*.*.X": "10.0.0.0/8",
    "192.0.2/24": "192.0.2.0/24",
    "192.0.2/20": "192.0.2.0/20",
    "10/8": "10.0.0.0/8",
    "172.16/12": "172.16.0.0/12",
    # a port, and a range that is one network
    "192.0.2.1:25": "192.0.2.1",
    "192.0.2.1:65535": "192.0.2.1",
    "192.0.2.0-192.0.2.255": "192.0.2.0/24",
    "192.0.2.4-7": "192.0.2.4/30",
    "192.0.2.9-192.0.2.9": "192.0.2.9/32",
}
UNCLEAR = (
    "",
    "[]",
    "192.0.2",
    "192.0.2.1.1",
    "192.0.2.256",
    "192.0.2.1/33",
    "192.0.2.0/２4",
    "192.0.2.1/",
    "192.0.2.1/x",
    "192.0.2.1/1/2",
    "2001:db8::/129",
    "fe80::1%eth0",
    "１92.0.2.1",
    "192.0.2.0/255.0.255.0",
    "192.0.2.0/255.255.255.999",
    "192.0.2.0/0.0.0.255",
    "192.0.*",
    "192.*.*",
    "192.0.2.1.*",
    "*.*.*.*",
    "192.0.2/25",
    "10/9",
    "192.0.2.1:123456",
    "192.0.2.9-192.0.2.1",
    "192.0.2.1-192.0.2.9",
    "192.0.2.1-999",
    "300.0.2.0-300.0.2.255",
    "0" * 61,
)


@pytest.mark.parametrize(("text", "meant"), WRITTEN.items(), ids=WRITTEN)
def test_an_address_has_one_meaning(text: str, meant: str) -> None:
    assert network(text) == meant
    version = 6 if ":" in meant else 4
    assert not record.parse(f"v=spf1 ip{version}:{meant}".encode()).problems


@pytest.mark.parametrize("text", UNCLEAR, ids=map(ascii, UNCLEAR))
def test_what_may_be_another_address_has_none(text: str) -> None:
    assert network(text) is None


def test_a_text_is_read_as_an_address_up_to_sixty_characters() -> None:
    assert network("(" * 40 + "192.0.2.1") == "192.0.2.1"
    longest = "2001:db8::/" + "0" * 47 + "32"
    assert len(longest) == 60
    assert network(longest) == "2001:db8::/32"
    assert network(longest.replace("/", "/0")) is None


def test_addresses_run_together_are_parted_up_to_twenty() -> None:
    for together in ("192.0.2.45" * MOST_LISTED, ":".join(["192.0.2.45"] * MOST_LISTED)):
        assert several(together) == ("192.0.2.45",) * MOST_LISTED
    for too_many in ("192.0.2.45" * (MOST_LISTED + 1), ":".join(["192.0.2.45"] * (MOST_LISTED + 1))):
        assert several(too_many) == ()
    assert several("192.0.2.45192.0.2.45") == ("192.0.2.45",) * 2
    for one in ("192.0.2.45", "192.0.2.45.192", ""):
        assert several(one) == ()


TERMS = {
    # lists, with whatever stands between
    "ip4:192.0.2.1;192.0.2.2|192.0.2.3": "ip4:192.0.2.1 ip4:192.0.2.2 ip4:192.0.2.3",
    "mx:a.example,b.example": "mx:a.example mx:b.example",
    "-include:a.example,b.example": "-include:a.example -include:b.example",
    "redirect=a.example,b.example": "redirect=a.example redirect=b.example",
    "a,mx": "a mx",
    "a.example,mx": None,
    "mx,what": None,
    "ip4:192.0.2.1,ip6:2001:db8::1": "ip4:192.0.2.1 ip6:2001:db8::1",
    # the version again
    "spf1": "",
    "V=SPF1;": "",
    "v=spf1,mx": "mx",
    # signs
    "++mx": "+mx",
    "~~all": "~all",
    "+-mx": None,
    "-~ip4:192.0.2.1": None,
    "--ip4:192.0.2.1": "-ip4:192.0.2.1",
    "--ipv4:192.0.2.1": "-ip4:192.0.2.1",
    "-~ipv4:192.0.2.1": None,
    "fe80::1/64": "ip6:fe80::1/64",
    "~abcd:1::2": "~ip6:abcd:1::2",
    "-foo:all": None,
    '"mx"': "mx",
    "(mx)": "mx",
    "<include:a.example>": "include:a.example",
    # names of an address
    **{
        f"{name}:192.0.2.1": "ip4:192.0.2.1"
        for name in ("ip", "ipv4", "IP-4", "ip_4", "pv4", "i4", "i6", "ip6", "lp4", "v4", "ptr")
    },
    "ipv6:2001:db8::1": "ip6:2001:db8::1",
    "-ipv4:192.0.2.1": "-ip4:192.0.2.1",
    "exists:192.0.2.1": None,
    "host:192.0.2.1": None,
    "ip44:192.0.2.1": None,
    # what stands between a name and its value
    "include;a.example": None,
    "include/a.example": "include:a.example",
    "include::a.example": "include:a.example",
    "include=:a.example": "include:a.example",
    "redirect::a.example": "redirect=a.example",
    "1.192.0.2.1": None,
    "exists=a.example": "exists:a.example",
    "ptr=a.example": "ptr:a.example",
    "mx=a.example": "mx:a.example",
    "a=a.example": "a:a.example",
    "a.a.example": None,
    "ip4.192.0.2.1": "ip4:192.0.2.1",
    "exp:why.example": "exp=why.example",
    "redirect.a.example": "redirect=a.example",
    "-redirect:a.example": None,
    "includea.example": "include:a.example",
    "~INCLUDEa.example": "~INCLUDE:a.example",
    "ip4192.0.2.1": "ip4:192.0.2.1",
    # slips in a name
    "includ:a.example": "include:a.example",
    "inculdes:a.example": "include:a.example",
    "~inlcude:a.example": "~include:a.example",
    "exist:a.example": "exists:a.example",
    "redirct:a.example": "redirect=a.example",
    "-redirct:a.example": None,
    "inclde.a.example": None,
    "incl:a.example": None,
    "-aal": "-all",
    "~ALL.": "~ALL",
    "?alll": "?all",
    "-a": "-a",
    "-alll1": None,
    "al": None,
    "-foo": None,
    "~mxx": None,
    "tpr": "ptr",
    "-prt": "-ptr",
    "trp": None,
    "-ll": "-all",
    # an address of a page, a mechanism twice
    "include:https://a.example/": "include:a.example",
    "include:http://a.example:8080": "include:a.example",
    "mx:smtp://a.example": "mx:a.example",
    "-a:smtps://a.example": "-a:a.example",
    "a:https://a.example/page": None,
    "include:ftp://a.example": None,
    "include:include:a.example": "include:a.example",
    "-MX:mx:a.example": "-mx:a.example",
    "ip4:a:a.example": "a:a.example",
    "include:ip4:192.0.2.1": "ip4:192.0.2.1",
    "include:mx:a.example": None,
    "a::a:a.example": "a:a.example",
    # two terms without a space between them
    "a.example~all": None,
    "mx~all": "mx ~all",
    "a-all": "a -all",
    "mx?a:b.example": "mx ?a:b.example",
    "a:a.exampleip4:192.0.2.1ip6:2001:db8::1": "a:a.example ip4:192.0.2.1 ip6:2001:db8::1",
    "mxredirect=a.example": "mx redirect=a.example",
    "mx-include:a.example": None,
    "mx-a": None,
    "mx-allinclude:a.example": "mx -all include:a.example",
    "mxinclude:a.example": "mx include:a.example",
    "ainclude:a.example": "a include:a.example",
    "ptrincludes:a.example": None,
    "what~all": None,
    "includes:a.example~all": "include:a.example ~all",
}


@pytest.mark.parametrize(("text", "meant"), TERMS.items(), ids=map(ascii, TERMS))
def test_a_term_has_one_meaning_or_none(text: str, meant: str | None) -> None:
    assert mend.mend_term(text) == meant


def test_a_term_that_is_a_list_of_too_many_is_left_alone() -> None:
    names = [f"a{n}.example" for n in range(mend.MAX_PIECES + 1)]
    assert mend.mend_term("include:" + ",".join(names[:-1])) == " ".join(f"include:{n}" for n in names[:-1])
    assert mend.mend_term("include:" + ",".join(names)) is None
    run_on = [f"include:{n}" for n in names]
    assert mend.mend_term("".join(run_on[:-1])) == " ".join(run_on[:-1])
    assert mend.mend_term("".join(run_on)) is None


def test_a_term_is_thought_about_up_to_a_thousand_octets() -> None:
    longest = "ip4=192.0.2.1".ljust(mend.MAX_TERM, ",")
    assert mend.mend_term(longest) == "ip4:192.0.2.1"
    assert mend.mend_term(longest + ",") is None


def test_a_record_is_thought_about_up_to_fifty_faults() -> None:
    terms = " ".join(f"mx ip4=192.0.2.{n}" for n in range(mend.MAX_MENDS + 2))
    found = mend.mends(record.parse(f"v=spf1 {terms} -all".encode()))
    assert [m.instead for m in found] == [f"ip4:192.0.2.{n}" for n in range(mend.MAX_MENDS)]


RECORDS = {
    "mx include : a.example -all": [(10, 29, "include : a.example", "include:a.example", True)],
    "mx include = a.example -all": [(10, 29, "include = a.example", "include:a.example", True)],
    "include :a.example": [(7, 25, "include :a.example", "include:a.example", True)],
    "ip4 192.0.2.1 mx": [(7, 20, "ip4 192.0.2.1", "ip4:192.0.2.1", True)],
    "-ip4: 192.0.2.0/24": [(7, 25, "-ip4: 192.0.2.0/24", "-ip4:192.0.2.0/24", True)],
    "redirect a.example": [(7, 25, "redirect a.example", "redirect=a.example", True)],
    "exists; a.example": [(7, 24, "exists; a.example", "exists:a.example", True)],
    "mx: a.example": [(7, 20, "mx: a.example", "mx:a.example", True)],
    "include: 192.0.2.1": [(7, 25, "include: 192.0.2.1", "ip4:192.0.2.1", True)],
    "- all": [(7, 12, "- all", "-all", True)],
    "~ ALL": [(7, 12, "~ ALL", "~all", True)],
    "? all": [(7, 12, "? all", "?all", True)],
    "+ all": [(7, 12, "+ all", "+all", True)],
    "mx include:a.example-all": [(10, 31, "include:a.example-all", "include:a.example -all", False)],
    "ip4=192.0.2.1": [(7, 20, "ip4=192.0.2.1", "ip4:192.0.2.1", False)],
    # what does not belong together
    "a a.example": [],
    "include : what": [(15, 16, ":", "", True)],
    "include x a.example": [],
    "include: -all": [],
    "- mx": [],
    "redirect= mx": [],
    "exists: 192.0.2.1": [(15, 24, "192.0.2.1", "ip4:192.0.2.1", True)],
    "foo: a.example": [],
    "ip 4:192.0.2.999": [],
}


@pytest.mark.parametrize(("terms", "found"), RECORDS.items(), ids=map(ascii, RECORDS))
def test_terms_that_belong_together_are_one_stretch(
    terms: str, found: list[tuple[int, int, str, str, bool]]
) -> None:
    mends = mend.mends(record.parse(f"v=spf1 {terms}".encode()))
    assert [(m.start, m.end, m.text, m.instead, m.breaks) for m in mends] == found


def test_a_term_that_says_nothing_goes_with_its_blank() -> None:
    assert mend.mended(record.parse(b"v=spf1  v=spf1   mx spf1 -all")) == "v=spf1   mx -all"


@pytest.mark.parametrize(
    ("octets", "meant"),
    [
        (b"V=SPF1: mx -all", "v=spf1 mx -all"),
        (b"v= spf1 mx", "v=spf1 mx"),
        (b"v spf1 mx", "v=spf1 mx"),
        (b"v:spf 1 mx", "v=spf1 mx"),
        (b"spf=v=spf1 mx -all;", "v=spf1 mx -all"),
        (b"TXT v=spf1 mx", "v=spf1 mx"),
        (b"v=spf1,mx,-all", "v=spf1 mx,-all"),
        (b"v=spf1.", "v=spf1"),
        (b"v=spf1~all", "v=spf1 ~all"),
        (b"v=spf1\x96all", "v=spf1 -all"),
        (b"v=spf1mx -all", None),
        (b"v=spf2 mx -all", None),
        (b"my v=spf1 mx", None),
        (b"", None),
    ],
)
def test_a_text_that_was_meant_as_a_record(octets: bytes, meant: str | None) -> None:
    assert mend.meant_as_spf(octets) == meant


# Slips of the hand


@pytest.mark.parametrize(
    ("a", "b", "slips"),
    [
        ("", "", 0),
        ("", "ab", 2),
        ("ab", "", 2),
        ("all", "all", 0),
        ("al", "all", 1),
        ("ball", "all", 1),
        ("axl", "all", 1),
        ("lla", "all", 2),
        ("ab", "ba", 1),
        ("abcd", "badc", 2),
        ("abcd", "acbd", 1),
        ("ab", "bxa", 3),
        ("aabb", "abab", 1),
        ("include", "inlcude", 1),
        ("include", "nicluded", 2),
        ("include", "exclude", 2),
        ("abcdef", "ghijkl", 6),
    ],
)
def test_slips_are_counted(a: str, b: str, slips: int) -> None:
    assert distance(a, b, 9) == slips
    assert distance(b, a, 9) == slips
    assert close(a, b, slips)
    assert not slips or not close(a, b, slips - 1)


def test_what_is_far_apart_is_not_counted_to_the_end() -> None:
    assert distance("abcdef", "ghijkl", 2) == 3
    assert distance("x" * 50_000, "y", 1) == 2


def test_odd_characters_are_named_once_in_order() -> None:
    assert odd_characters("“–all” –\u200b") == (
        "a quotation mark (U+201C)",
        "a dash that is no hyphen (U+2013)",
        "a quotation mark (U+201D)",
        "an invisible character (U+200B)",
    )
    assert odd_characters("˜all\u00a0-all ~all") == (
        "a sign that is no ~ (U+02DC)",
        "a blank that is no space (U+00A0)",
    )


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("include：a．example，b；", "include:a.example,b;"),
        ("＋all ？all ＝", "+all ?all ="),
        ("\t mx\u3000a\n", "mx a"),
        ("‘mx’ «a» `b´", "mx a b"),
        ("mx \\x96all\\x97 \\x98 \\xa0\\xad", "mx -all- ~"),
        ("\\x93mx\\x94 \\x91a\\x92", "mx a"),
        (" mx ", "mx"),
        ("plain:text~all", "plain:text~all"),
    ],
)
def test_a_text_is_cleaned_of_what_nobody_types_on_purpose(text: str, meant: str) -> None:
    assert cleaned(text) == meant
