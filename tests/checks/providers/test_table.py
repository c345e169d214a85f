"""Who runs the mail, by the names of the exchangers."""

import pytest

from checks.domain_name import domain
from checks.lookup import Mx
from checks.providers import Kind, provider, provider_of, read
from checks.providers.table import _by_suffix


@pytest.mark.parametrize(
    ("exchangers", "name"),
    [
        ([Mx(1, "aspmx.l.google.com"), Mx(5, "alt1.aspmx.l.google.com")], "Google"),
        ([Mx(1, "smtp.google.com")], "Google"),
        ([Mx(0, "example-be.mail.protection.outlook.com")], "Microsoft 365"),
        ([Mx(0, "example-be.o-v1.mx.microsoft")], "Microsoft 365"),
        ([Mx(0, "outlook-com.olc.protection.outlook.com")], "Outlook.com"),
        ([Mx(10, "mx10.mail.ovh.net")], "OVHcloud"),
        ([Mx(10, "mx.mailprotect.be")], "Combell"),
        ([Mx(10, "MX.MailProtect.BE.")], "Combell"),
        ([Mx(10, "smtpin.rzone.de")], "Strato"),
        ([Mx(20, "aspmx.l.google.com"), Mx(10, "mx1.hornetsecurity.com")], "Hornetsecurity"),
        ([Mx(10, "mx.example.be"), Mx(10, "aspmx.l.google.com")], "Google"),
        ([Mx(10, "mx.example.be"), Mx(20, "aspmx.l.google.com")], ""),
        ([Mx(10, "mx00.t-online.de")], "T-Online"),
        ([Mx(10, "mx.tld.t-online.de")], "Deutsche Telekom for companies"),
        ([Mx(10, "notgoogle.com")], ""),
        ([Mx(10, "google.com.example.be")], ""),
        ([Mx(0, "")], ""),
        ([], ""),
    ],
)
def test_the_best_exchangers_tell_the_provider(exchangers: list[Mx], name: str) -> None:
    assert provider_of(exchangers) == name


def test_a_gateway_hides_who_runs_the_mailboxes() -> None:
    found = provider([Mx(10, "eu-smtp-inbound-1.mimecast.com")])
    assert found
    assert (found.kind, found.hides_the_mailbox) == (Kind.GATEWAY, True)
    found = provider([Mx(10, "aspmx.l.google.com")])
    assert found
    assert not found.hides_the_mailbox


def test_every_suffix_is_a_domain_and_stands_once() -> None:
    table = _by_suffix()
    providers = set(table.values())
    suffixes = [suffix for provider in providers for suffix in (*provider.mx, *provider.spf)]
    assert [suffix for suffix in suffixes if domain(suffix) != suffix] == []
    assert sum(len(provider.mx) for provider in providers) == len(table)
    assert len({provider.name for provider in providers}) == len(providers)


def test_a_provider_is_added_by_a_table_alone() -> None:
    (added,) = read('[[provider]]\nname = "Ours"\nkind = "hosting"\nmx = ["mx.ours.example"]\n')
    assert (added.name, added.kind, added.mx, added.spf) == ("Ours", Kind.HOSTING, ("mx.ours.example",), ())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[provider]", "not TOML"),
        ('[[provider]]\nname = "x"\nkind = "hosting"', "needs name"),
        ('[[provider]]\nname = "x"\nkind = "cloud"\nmx = []', "mailbox, consumer"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read(text)
