"""Who runs the mail, by the names of the exchangers."""

from dataclasses import replace
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

import checks.providers
from checks.domain_name import domain
from checks.lookup import Mx
from checks.providers import (
    Kind,
    Provider,
    Table,
    address_provider,
    built_in,
    mail_provider,
    provider,
    provider_of,
    provider_of_server,
    read,
)
from checks.smtp.guard import SUBMISSION_PORTS
from tests.checks import test_diagnosis as decided


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


def _servers(provider: Provider) -> set[str]:
    return {*(server.host for server in provider.smtp), *provider.servers}


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("smtp.gmail.com", "Google"),
        ("SMTP.Office365.com.", "Microsoft 365"),
        ("smtp-mail.outlook.com", "Outlook.com"),
        ("w0123456.kasserver.com", "All-Inkl.com"),
        ("email-smtp.eu-west-1.amazonaws.com", "Amazon SES"),
        ("ec2-192-0-2-1.compute.amazonaws.com", ""),
        ("smtp.acme.be", ""),
        ("gmail.com.evil.example", ""),
        ("", ""),
    ],
)
def test_the_name_of_a_server_tells_whose_it_is(host: str, name: str) -> None:
    assert provider_of_server(host) == name


def test_every_server_for_sending_is_at_a_port_that_may_be_connected_to() -> None:
    servers = {server for p in built_in().by_server.values() for server in p.smtp}
    assert len(servers) > 100
    assert {server.port for server in servers} <= SUBMISSION_PORTS
    implicit = {server.port for server in servers if server.implicit_tls}
    assert implicit == {465, 2465}


def test_consumers_are_told_by_their_address() -> None:
    found = {name: address_provider(name) for name in ("hotmail.be", "yahoo.fr", "aol.com", "acme.be")}
    assert {name: p.name if p else "" for name, p in found.items()} == {
        "hotmail.be": "Outlook.com",
        "yahoo.fr": "Yahoo",
        "aol.com": "AOL",
        "acme.be": "",
    }


def test_every_suffix_is_a_domain_and_stands_once() -> None:
    table = built_in()
    known = (table.by_mx, table.by_spf, table.by_server, table.by_domain)
    providers = {provider for by_name in known for provider in by_name.values()}
    suffixes = [s for p in providers for s in (*p.mx, *p.spf, *_servers(p), *p.domains)]
    assert [suffix for suffix in suffixes if domain(suffix) != suffix] == []
    assert sum(len(provider.mx) for provider in providers) == len(table.by_mx)
    assert sum(len(provider.spf) for provider in providers) == len(table.by_spf)
    assert sum(len(_servers(provider)) for provider in providers) == len(table.by_server)
    assert sum(len(provider.domains) for provider in providers) == len(table.by_domain)
    assert len({provider.name for provider in providers}) == len(providers)


def test_a_provider_is_added_by_a_row_alone() -> None:
    row = '[[provider]]\nname = "Ours"\nkind = "hosting"\nmx = ["mx.ours.example"]\nspf = ["spf.ours.example"]\n'
    text = (files(checks.providers) / "providers.toml").read_text(encoding="utf-8")
    table = Table.of(read(text + row))
    assert provider_of([Mx(10, "in1.mx.ours.example")], (), table) == "Ours"
    assert provider_of([Mx(10, "aspmx.l.google.com")], (), table) == "Google"
    filtered = [Mx(10, "d1.eu.ess.barracudanetworks.com")]
    assert provider_of(filtered, ["spf.ours.example"], table) == "Barracuda (probably Ours)"


BARRACUDA = [Mx(10, "d1.eu.ess.barracudanetworks.com")]
CLOUDFLARE = [Mx(10, "route1.mx.cloudflare.net")]
GOOGLE = [Mx(1, "aspmx.l.google.com")]
MICROSOFT = "spf.protection.outlook.com"


@pytest.mark.parametrize(
    ("exchangers", "includes", "said"),
    [
        (BARRACUDA, [MICROSOFT], "Barracuda (probably Microsoft 365)"),
        (BARRACUDA, ["SPF.Protection.Outlook.com."], "Barracuda (probably Microsoft 365)"),
        (BARRACUDA, ["spf.ess.barracudanetworks.com", "_spf.google.com", "mailgun.org"], "Barracuda (probably Google)"),
        (BARRACUDA, [MICROSOFT, "spf.combell.example"], "Barracuda (probably Microsoft 365)"),
        (BARRACUDA, [MICROSOFT, "mx.ovh.com"], "Barracuda (probably Microsoft 365)"),
        (BARRACUDA, ["mx.ovh.com"], "Barracuda (probably OVHcloud)"),
        (CLOUDFLARE, [MICROSOFT], "Cloudflare Email Routing (probably Microsoft 365)"),
        # two of a kind, none, or only who sends: not told
        (BARRACUDA, [MICROSOFT, "_spf.google.com"], "Barracuda"),
        (BARRACUDA, ["mx.ovh.com", "spf.loopia.se"], "Barracuda"),
        (BARRACUDA, ["amazonses.com", "mailgun.org"], "Barracuda"),
        (BARRACUDA, [], "Barracuda"),
        # who has the mailboxes itself needs no guess
        (GOOGLE, [MICROSOFT], "Google"),
        ([Mx(10, "mx.example.be")], [MICROSOFT], ""),
        ([], [MICROSOFT], ""),
    ],
)  # fmt: skip
def test_spf_tells_who_is_probably_behind_a_filter(
    exchangers: list[Mx], includes: list[str], said: str
) -> None:
    assert provider_of(exchangers, includes) == said


def test_the_parts_of_the_answer() -> None:
    found = mail_provider(BARRACUDA, [MICROSOFT])
    assert found
    assert (found.name, found.probably, found.kind) == ("Barracuda", "Microsoft 365", Kind.GATEWAY)
    forwarded = mail_provider(CLOUDFLARE)
    assert forwarded
    assert (forwarded.name, forwarded.probably) == ("Cloudflare Email Routing", "")
    assert forwarded.kind is Kind.FORWARDING
    assert mail_provider([Mx(0, "")], [MICROSOFT]) is None


RECORDS = """
    acme.example MX 10 d1.eu.ess.barracudanetworks.com
    d1.eu.ess.barracudanetworks.com A 198.51.100.7
    spf.protection.outlook.com TXT v=spf1 ip4:198.51.100.0/24 -all
    _spf.google.com TXT v=spf1 ip4:198.51.100.0/24 -all
    news.example TXT v=spf1 include:_spf.google.com -all
"""


@pytest.mark.parametrize(
    ("spf", "said"),
    [
        ("acme.example TXT v=spf1 include:spf.protection.outlook.com -all", "Barracuda (probably Microsoft 365)"),
        ("acme.example TXT v=spf1 redirect=spf.protection.outlook.com", "Barracuda (probably Microsoft 365)"),
        (
            "acme.example TXT v=spf1 include:_spf.acme.example -all\n"
            "_spf.acme.example TXT v=spf1 include:spf.protection.outlook.com -all",
            "Barracuda (probably Microsoft 365)",
        ),
        # what a service includes in turn is the service's
        ("acme.example TXT v=spf1 include:news.example -all", "Barracuda"),
        ("acme.example TXT !SERVFAIL", "Barracuda"),
    ],
)  # fmt: skip
def test_a_company_is_told_who_is_probably_behind(spf: str, said: str) -> None:
    records = f"{RECORDS}\n{spf}"
    assert decided.told(records, decided.BY_PLATFORM).provider == said
    assert decided.told(records, decided.OWN, decided.BY_ENVELOPE).provider == said
    bounce = replace(decided.PLATFORM, envelope="bounce.{domain}")
    assert decided.told(records, decided.OWN, bounce).provider == "Barracuda"  # its SPF was not asked


@given(st.lists(st.text(max_size=20)), st.lists(st.tuples(st.integers(0, 9), st.text(max_size=20))))
def test_no_name_breaks_it(includes: list[str], exchangers: list[tuple[int, str]]) -> None:
    known = [*BARRACUDA, *(Mx(preference, name) for preference, name in exchangers)]
    assert isinstance(provider_of(known, includes), str)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[provider]", "not TOML"),
        ('[[provider]]\nname = "x"\nkind = "hosting"', "needs name"),
        ('[[provider]]\nname = "x"\nkind = "cloud"\nmx = []', "mailbox, consumer"),
        ('[[provider]]\nname = "x"\nkind = "hosting"\nmx = []\nsmtp = ["smtp.x.be"]', "needs name"),
        ('[[provider]]\nname = "x"\nkind = "hosting"\nmx = []\nsecret = "guess"', "needs name"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read(text)
