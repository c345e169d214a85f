"""One meaning, or none: what a broken term can only have meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.spf import mend, record

ONE = {
    "ipv4:192.0.2.1": "ip4:192.0.2.1",
    "ip:192.0.2.1": "ip4:192.0.2.1",
    "+192.0.2.1": "+ip4:192.0.2.1",
    "2001:db8::/32": "ip6:2001:db8::/32",
    "ip4:2001:db8::1": "ip6:2001:db8::1",
    "ip6:192.0.2.1": "ip4:192.0.2.1",
    "mx:192.0.2.1": "ip4:192.0.2.1",
    "a:192.0.2.0/24": "ip4:192.0.2.0/24",
    "include:192.0.2.1": "ip4:192.0.2.1",
    "ip4:192.0.2.0/255.255.255.0": "ip4:192.0.2.0/24",
    "ip4:192.0.2.0/024": "ip4:192.0.2.0/24",
    "ip4:192.0.2.*": "ip4:192.0.2.0/24",
    "ip4:192.0.2.0-192.0.2.255": "ip4:192.0.2.0/24",
    "ip4:192.0.2.1,192.0.2.2": "ip4:192.0.2.1 ip4:192.0.2.2",
    "ip4:[192.0.2.1]": "ip4:192.0.2.1",
    "include:a.example,b.example": "include:a.example include:b.example",
    "include:a.example~all": "include:a.example ~all",
    "include:a.example-all": "include:a.example -all",
    "include:a.exampleinclude:b.example": "include:a.example include:b.example",
    "ipv4:192.0.2.1~all": "ip4:192.0.2.1 ~all",
    "a+mx": "a +mx",
    "mx-all": "mx -all",
    "include: a.example": "include:a.example",
    "include : a.example": "include:a.example",
    "include a.example": "include:a.example",
    "include.a.example": "include:a.example",
    "includea.example": "include:a.example",
    "include=a.example": "include:a.example",
    "-include=a.example": "-include:a.example",
    "include:include:a.example": "include:a.example",
    "inlcude:a.example": "include:a.example",
    "include:https://a.example": "include:a.example",
    "a:http://a.example/": "a:a.example",
    "redirect:a.example": "redirect=a.example",
    "–all": "-all",
    "\u200binclude:a.example": "include:a.example",
    "mx\u00a0a": "mx a",
    'include:a.example"': "include:a.example",
    "“mx”": "mx",
    "\\x96all": "-all",
    "-all;": "-all",
    "~all.": "~all",
    "- all": "-all",
    "--all": "-all",
    "~al": "~all",
    "mx:": "mx",
    "v=spf1": "",
}
NONE = (
    "ip4:192.0.2.999",
    "ip4:192.0.2.1/33",
    "ip4:192.0.2.1/",
    "ip4:192.0.2",
    "ip4:192.0.2.1-192.0.2.9",
    "ip4:010.0.0.1",
    "ip4:mail.example.com",
    "mail.example.com",
    "mx.example.com",
    "include:",
    "include:spf",
    "include:a:b.example",
    "redirect=v=spf1",
    "~-all",
    "foo",
    "x=y",
    "exists:192.0.2.1",
)


@pytest.mark.parametrize(("published", "meant"), ONE.items(), ids=map(ascii, ONE))
def test_one_meaning_is_mended(published: str, meant: str) -> None:
    parsed = record.parse(f"v=spf1 mx {published} ?all".encode())
    assert mend.mended(parsed) == " ".join(f"v=spf1 mx {meant} ?all".split())


@pytest.mark.parametrize("published", NONE)
def test_what_needs_a_guess_stays(published: str) -> None:
    parsed = record.parse(f"v=spf1 mx {published} ?all".encode())
    assert mend.mended(parsed) == parsed.text


@pytest.mark.parametrize(
    ("octets", "meant"),
    [
        (b'"v=spf1 mx -all"', "v=spf1 mx -all"),
        (b" v=spf1 mx -all", "v=spf1 mx -all"),
        (b"v=spf1; mx -all", "v=spf1 mx -all"),
        (b"v=spf1\xc2\xa0mx -all", "v=spf1 mx -all"),
        (b"v=spf1mx:a.example -all", "v=spf1 mx:a.example -all"),
        (b"spf1 mx -all", "v=spf1 mx -all"),
        (b"v=spf1 mx -all", None),
        (b"v=spf10 mx -all", None),
        (b"spf2.0/pra mx -all", None),
        (b"google-site-verification=spf1", None),
    ],
)
def test_a_text_record_that_was_meant_as_spf(octets: bytes, meant: str | None) -> None:
    assert mend.meant_as_spf(octets) == meant


@given(st.text(alphabet='iclude:=./ap46mx12~-+?%{} "–\u200b\u00a0,;', max_size=60))
def test_whatever_is_proposed_parses_and_does_not_overlap(text: str) -> None:
    parsed = record.parse(f"v=spf1 {text}".encode())
    done = 0
    for one in mend.mends(parsed):
        assert one.start >= done
        assert parsed.text[one.start : one.end] == one.text
        assert not record.parse(f"v=spf1 {one.instead}".encode()).problems
        done = one.end


@given(st.binary(max_size=200))
def test_no_octets_can_break_it(octets: bytes) -> None:
    mend.mended(record.parse(b"v=spf1 " + octets))
    mend.meant_as_spf(octets)
