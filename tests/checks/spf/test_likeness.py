"""Names that are like ours, and names that are not: by their labels, their length and who registered them."""

from __future__ import annotations

import pytest

from checks.spf.likeness import Likeness, likeness, organisation, stands_in

MAILJET, OUTLOOK = "spf.mailjet.com", "spf.protection.outlook.com"


@pytest.mark.parametrize(
    ("name", "registered"),
    [
        ("spf.sendwell.example", "sendwell.example"),
        ("sendwell.example", "sendwell.example"),
        ("example", "example"),
        ("a.b.spf.sendwell.be", "sendwell.be"),
        *((f"spf.sendwell.{second}.nz", f"sendwell.{second}.nz") for second in ("co", "com", "org", "net")),
        *((f"spf.sendwell.{second}.uk", f"sendwell.{second}.uk") for second in ("ac", "gov")),
        ("sendwell.co.uk", "sendwell.co.uk"),
        ("co.uk", "co.uk"),
        ("spf.com.museum", "com.museum"),
        ("spf.sendwell.plc.uk", "plc.uk"),
    ],
)
def test_the_registered_domain_is_told_by_its_shape(name: str, registered: str) -> None:
    assert organisation(name) == registered


@pytest.mark.parametrize(
    ("name", "ours", "like"),
    [
        # two slips in a name of twelve characters, one in a shorter one
        ("spx.abcd.bx", "spf.abcd.be", None),
        ("spf.abcd.bx", "spf.abcd.be", Likeness.SLIP),
        ("spg.abcde.bf", "spf.abcde.be", Likeness.SLIP),
        ("spg.abcdf.bf", "spf.abcde.be", None),
        # our name at another top-level domain, of one label or two
        ("spf.mailjet.a.b.c", MAILJET, None),
        ("spf.mailjet", MAILJET, Likeness.LABELS),
        ("spf.sendgrid.de", "spf.sendgrid.co.uk", Likeness.OTHER_TLD),
        # our own domain, and the names between it and our include
        ("outlook.com", OUTLOOK, Likeness.OUR_DOMAIN),
        ("protection.outlook.com", OUTLOOK, Likeness.OUR_DOMAIN),
        ("xprotection.outlook.com", OUTLOOK, Likeness.BELOW_US),
        ("com", OUTLOOK, None),
        ("uk", "spf.sendwell.co.uk", None),
        ("co.uk", "spf.sendwell.co.uk", None),
        # a label too few or too many, but never the registered one
        ("spf.protection.com", OUTLOOK, None),
        ("spf.protection.outlook", OUTLOOK, Likeness.LABELS),
        ("spf.x.outlook.outlook.com", OUTLOOK, Likeness.BELOW_US),
        ("spf.eu.protection.outlook.com", OUTLOOK, Likeness.BELOW_US),
        ("spf.protection.outlook.outlook.com", OUTLOOK, Likeness.LABELS),
        ("sendgrid", "sendgrid.net", None),
        # run into something else
        ("spf.mailjet.com.acme.be", MAILJET, Likeness.RUN_ON),
        ("_spf.mailjet.com", MAILJET, Likeness.SLIP),
        ("xspf.mailjet.com.be", MAILJET, None),
        ("mailjet.com.be", MAILJET, None),
    ],
)
def test_a_name_is_like_ours_or_is_not(name: str, ours: str, like: Likeness | None) -> None:
    assert likeness(name, ours) is like


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("include:spf.mailjet.com", True),
        ("SPF.MAILJET.COM", True),
        ("include.spf.mailjet.com~all", True),
        ("myspf.mailjet.com", False),
        ("my-spf.mailjet.com", False),
        ("_spf.mailjet.com", False),
        ("spf-mailjet-com", False),
    ],
)
def test_our_name_stands_in_a_text_where_it_is_not_a_part_of_another(text: str, stands: bool) -> None:
    assert stands_in(text, MAILJET) is stands
