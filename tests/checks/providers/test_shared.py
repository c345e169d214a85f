"""Domains that everybody shares: where method 2 is impossible."""

import gzip
import json

import pytest

from checks.providers import is_shared
from tests.support.shared import SHARED


@pytest.mark.parametrize(
    "name",
    [
        "gmail.com", "googlemail.com", "outlook.com", "outlook.be",
        "hotmail.com", "hotmail.be", "live.be", "msn.com",
        "yahoo.com", "yahoo.fr", "icloud.com", "me.com",
        "aol.com", "telenet.be", "skynet.be", "proximus.be", "voo.be",
        "scarlet.be", "pandora.be", "ziggo.nl", "kpnmail.nl",
        "hetnet.nl", "orange.fr", "free.fr", "sfr.fr", "wanadoo.fr",
        "laposte.net", "gmx.de", "gmx.net", "web.de",
        "t-online.de", "freenet.de", "pt.lu", "bluewin.ch", "protonmail.com",
        "proton.me", "tuta.com", "mailbox.org", "zohomail.eu",
        "libero.it", "btinternet.com", "qq.com", "mail.ru",
    ],
)  # fmt: skip
def test_anybody_can_have_a_mailbox_there(name: str) -> None:
    assert is_shared(name)


@pytest.mark.parametrize("name", ["user.free.fr", "jan.telenet.be", "mail.gmail.com", "a.b.skynet.be"])
def test_what_is_below_a_shared_domain_is_its_providers_too(name: str) -> None:
    assert is_shared(name)


@pytest.mark.parametrize("name", ["za.com", "company.za.com", "company.dyndns.org"])
def test_below_a_public_suffix_companies_have_domains_of_their_own(name: str) -> None:
    assert not is_shared(name)


@pytest.mark.parametrize(
    "name",
    [
        "example.be", "telenetgroup.be", "google.com",
        "microsoft.com", "facebook.com", "cox.com", "alibaba.com",
        "base.be", "mobistar.be", "luxembourg.lu",
        "test.de", "company.onmicrosoft.com", "notgmail.com", "gmail.com.be",
        "ovh.net", "one.com", "strato.de", "be", "com",
    ],
)  # fmt: skip
def test_a_domain_of_a_company_is_not_shared(name: str) -> None:
    assert not is_shared(name)


RECORDS = SHARED / "real" / "records.jsonl.gz"

SHARED_IN_THE_SURVEYS = {
    "angelfire.com", "aon.at", "bluemail.ch", "bluewin.ch", "geocities.com", "icloud.com", "msn.com", "outlook.com",
}  # fmt: skip
"""In the surveys because some municipalities have a mailbox or a page there: shared all the same."""


@pytest.mark.skipif(not RECORDS.exists(), reason="../shared is not there: no real domains to compare with")
def test_no_real_domain_of_an_organisation_is_taken_for_a_shared_one() -> None:
    with gzip.open(RECORDS, "rt", encoding="utf-8") as lines:
        records = map(json.loads, lines)
        names = {record["name"].lower().rstrip(".") for record in records if record["type"] == "MX"}
    assert len(names) > 25_000
    assert {name for name in names if is_shared(name)} == SHARED_IN_THE_SURVEYS
