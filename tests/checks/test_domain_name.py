"""Domains and addresses: one spelling for each, and a reason for each refusal."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from checks.domain_name import Address, BadName, address, display, domain, is_below, parents, quoted

LONG_LABEL = "a" * 63
LONGEST = ".".join([LONG_LABEL] * 3 + ["a" * 61])


@pytest.mark.parametrize(
    ("typed", "made"),
    [
        ("example.be", "example.be"),
        ("Example.BE.", "example.be"),
        ("r3---x.example.com", "r3---x.example.com"),
        ("_dmarc.example.be", "_dmarc.example.be"),
        ("sel_1._domainkey.example.be", "sel_1._domainkey.example.be"),
        ("-_a.example.be", "-_a.example.be"),
        ("café.be", "xn--caf-dma.be"),
        ("CAFÉ.be", "xn--caf-dma.be"),
        ("cafe\u0301.be", "xn--caf-dma.be"),
        ("_spf.münchen.de", "_spf.xn--mnchen-3ya.de"),
        ("straße.de", "xn--strae-oqa.de"),  # IDNA 2008, not the "ss" of 2003
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("example｡be", "example.be"),
        ("ｅｘａｍｐｌｅ．ｂｅ", "example.be"),
        ("\u212aelvin.be", "kelvin.be"),  # the Kelvin sign
        ("xn--zzzzzz.com", "xn--zzzzzz.com"),  # no registry would sell it, but the DNS can hold it
        ("3com.com", "3com.com"),
        ("a.b.c.d.e.f.g.h.example.be", "a.b.c.d.e.f.g.h.example.be"),
        (f"{LONG_LABEL}.be", f"{LONG_LABEL}.be"),
        (LONGEST, LONGEST),
        (f"{LONGEST}.", LONGEST),
    ],
)
def test_a_domain_has_one_spelling(typed: str, made: str) -> None:
    assert domain(typed) == made


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "empty"),
        (".", "empty"),
        ("localhost", "single label"),
        ("be.", "single label"),
        ("a..be", "empty label"),
        (".a.be", "empty label"),
        ("a.be..", "empty label"),
        ("a。。be", "empty label"),
        ("a b.be", "blank"),
        ("a.be ", "blank"),
        ("a.be\n", "blank"),
        ("a.be\u00a0", "blank"),
        ("a\x00.be", "control character"),
        ("a\x7f.be", "control character"),
        ("\ud800.be", "control character"),
        ("*.example.be", "wildcard"),
        ("info@example.be", "@"),
        ("https://example.be/", "web address"),
        ("192.0.2.1", "IP address"),
        ("[192.0.2.1]", "IP address"),
        ("[IPv6:2001:db8::1]", "IP address"),
        ("2001:db8::1", "IP address"),
        ("192.0.2.1.", "number"),
        ("example.123", "number"),
        ("-a.be", "hyphen"),
        ("a-.be", "hyphen"),
        ("a!.be", "character"),
        ("a,b.be", "character"),
        ("i❤.ws", "IDNA 2008"),
        ("ü-.de", "IDNA 2008"),
        (f"{LONG_LABEL}a.be", "64 octets"),
        (f"{LONGEST}a", "longer"),
        ("é" * 60 + ".be", "IDNA 2008"),
    ],
)
def test_what_is_no_domain_is_refused_with_a_reason(typed: str, why: str) -> None:
    with pytest.raises(BadName) as refused:
        domain(typed)
    assert why in str(refused.value)


def test_a_refusal_shows_little_of_the_input_and_nothing_that_does_not_print() -> None:
    with pytest.raises(BadName) as refused:
        domain("\x1b[2J\u202e" + "x" * 10_000_000)
    message = str(refused.value)
    assert len(message) < 200
    assert message.isprintable()


def test_the_quote_is_at_most_sixty_characters_whatever_the_escapes() -> None:
    assert len(quoted("\U000e0001" * 60)) <= 62
    assert quoted("a" * 60) == f"“{'a' * 60}”"


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        ("example.be", "example.be"),
        ("xn--caf-dma.be", "café.be"),
        ("_dmarc.xn--mnchen-3ya.de", "_dmarc.münchen.de"),
        ("xn--e1afmkfd.xn--p1ai", "пример.рф"),
        ("xn--r8jz45g.xn--zckzah", "例え.テスト"),
        ("xn--80ak6aa92e.com", "xn--80ak6aa92e.com"),  # "apple" in Cyrillic letters
        ("xn--pple-43d.com", "xn--pple-43d.com"),  # one Cyrillic letter among Latin ones
        ("xn--mcrosoft-tkb.com", "xn--mcrosoft-tkb.com"),  # a dotless i
        ("xn--zzzzzz.com", "xn--zzzzzz.com"),
        ("xn--i-7iq.ws", "xn--i-7iq.ws"),  # a heart: not in IDNA 2008
        ("xn--.com", "xn--.com"),
    ],
)
def test_people_see_letters_unless_these_can_mislead(made: str, shown: str) -> None:
    assert display(made) == shown


@pytest.mark.parametrize(
    ("typed", "local", "right"),
    [
        ("info@example.be", "info", "example.be"),
        ("Jan.Peeters@Example.BE.", "Jan.Peeters", "example.be"),
        ("a+b@sub.example.co.uk", "a+b", "sub.example.co.uk"),
        ("info@café.be", "info", "xn--caf-dma.be"),
        ("jürgen@example.de", "jürgen", "example.de"),
        ("ju\u0308rgen@example.de", "jürgen", "example.de"),
        ('"a b"@example.be', '"a b"', "example.be"),
        ('"a@b"@example.be', '"a@b"', "example.be"),
        ("x@company.test", "x", "company.test"),
        ("x@company.example", "x", "company.example"),
        ("x@company.invalid", "x", "company.invalid"),
        ("x@mail_server.example.be", "x", "mail_server.example.be"),
        ("o'hara@example.ie", "o'hara", "example.ie"),
    ],
)
def test_an_address_is_split_at_its_last_at(typed: str, local: str, right: str) -> None:
    assert address(typed) == Address(local, right)
    assert address(str(address(typed))) == address(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "@",
        "info",
        "info@",
        "@example.be",
        "a@b@example.be",
        "a..b@example.be",
        ".a@example.be",
        "a.@example.be",
        "a b@example.be",
        " a@example.be",
        "a@example.be ",
        "a@example.be;b@example.be",
        "Jan <a@example.be>",
        "<a@example.be>",
        "mailto:a@example.be",
        "a@localhost",
        "a@[192.0.2.1]",
        "a@192.0.2.1",
        "a@exam ple.be",
        "a\x00@example.be",
        "a\r\nRCPT TO:<x@y.be>@example.be",
        "a\u202e@example.be",
        "a" * 65 + "@example.be",
        "a@" + LONGEST,
        "ü" * 200 + "@example.be",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(BadName):
        address(typed)


def test_the_names_above_a_domain() -> None:
    assert parents("a.b.example.be") == ("b.example.be", "example.be", "be")
    assert parents("be") == ()


def test_a_name_is_below_its_ancestors_and_not_below_itself() -> None:
    assert is_below("a.example.be", "example.be")
    assert not is_below("example.be", "example.be")
    assert not is_below("badexample.be", "example.be")


ODD = st.text(st.sampled_from("aA1-_.@。ｆéßжا\u200d\u0301\u202e \x00*[]:xn\"'\ud800"), max_size=20)


@given(st.text() | ODD)
@example("xn--")
@example("\u200b.be")
@example("a\u3002be")
def test_a_domain_is_made_or_refused_and_making_it_again_changes_nothing(text: str) -> None:
    with contextlib.suppress(BadName):
        made = domain(text)
        assert domain(made) == made
        assert made.isascii()
        assert len(made) <= 253
        assert all(0 < len(label) <= 63 for label in made.split("."))
        with contextlib.suppress(BadName):  # shown, it leads back to itself
            assert domain(display(made)) == made


@given(st.text() | ODD | st.builds("{}@{}.be".format, ODD, ODD))
def test_an_address_is_split_or_refused_and_splitting_it_again_changes_nothing(text: str) -> None:
    with contextlib.suppress(BadName):
        made = address(text)
        assert address(str(made)) == made
        assert domain(made.domain) == made.domain
