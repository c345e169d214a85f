"""The server of an address is found from what is published, and no password is ever in play."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import ip_network

import pytest

from checks.domain_name import address
from checks.providers import Secret
from checks.smtp import tls
from checks.smtp.conversation import Limits
from checks.smtp.discover import Confidence, Discovery, Note, Ports, Source, discover
from checks.smtp.guard import Guard
from checks.smtp.probe import Means
from data.demo.certificates import Authority, Pair
from tests.support.smtp_server import Peer, ScriptedServer, polite, serving
from tests.support.zone import zone

EHLO = "probe.sendwell.example"


async def found(text: str, records: str = "", *, typed: str = "") -> Discovery:
    """Without the network: every name that is not in the zone does not exist."""
    return await discover(address(text), Means.of(zone(records), EHLO), typed=typed)


def shown(discovery: Discovery) -> list[str]:
    return [
        f"{one.server.host}:{one.server.port} {one.server.security} {one.source} {one.confidence}"
        for one in discovery.servers
    ]


async def test_an_address_of_the_providers_own_is_sure_and_nobody_is_asked() -> None:
    told = await found("jan@gmail.com")
    assert shown(told) == [
        "smtp.gmail.com:465 implicit address sure",
        "smtp.gmail.com:587 starttls address sure",
    ]
    assert (told.servers[0].username, told.servers[0].secret) == ("jan@gmail.com", Secret.APP_PASSWORD)


@pytest.mark.parametrize(
    ("text", "host", "secret"),
    [
        ("jan@hotmail.be", "smtp-mail.outlook.com:587", Secret.OAUTH),
        ("jan@me.com", "smtp.mail.me.com:587", Secret.APP_PASSWORD),
        ("jan@aol.com", "smtp.aol.com:465", Secret.APP_PASSWORD),
        ("jan@yahoo.fr", "smtp.mail.yahoo.com:465", Secret.APP_PASSWORD),
        ("jan@telenet.be", "smtp.telenet.be:587", Secret.PASSWORD),
        ("jan@skynet.be", "relay.proximus.be:587", Secret.PASSWORD),
    ],
)
async def test_consumer_domains_go_by_the_address_since_brands_share_exchangers(
    text: str, host: str, secret: Secret
) -> None:
    told = await found(text)
    first = told.servers[0]
    assert (f"{first.server.host}:{first.server.port}", first.secret) == (host, secret)


@pytest.mark.parametrize(
    ("exchanger", "server", "provider"),
    [
        ("acme-be.mail.protection.outlook.com", "smtp.office365.com:587 starttls mx sure", "Microsoft 365"),
        ("acme-be.o-v1.mx.microsoft", "smtp.office365.com:587 starttls mx sure", "Microsoft 365"),
        ("aspmx.l.google.com", "smtp.gmail.com:465 implicit mx sure", "Google"),
        ("mx.mailprotect.be", "smtp-auth.mailprotect.be:465 implicit mx sure", "Combell"),
        ("mx1.mail.ovh.net", "ssl0.ovh.net:465 implicit mx sure", "OVHcloud"),
    ],
)
async def test_who_takes_the_mail_has_the_server(exchanger: str, server: str, provider: str) -> None:
    told = await found("info@acme.be", f"acme.be MX 10 {exchanger}\nacme.be MX 20 mx.other.be")
    assert (shown(told)[0], told.provider, told.servers[0].username) == (server, provider, "info@acme.be")


async def test_the_local_part_alone_where_the_provider_wants_it() -> None:
    told = await found("jan@laposte.be", "laposte.be MX 10 smtp4.laposte.net")
    assert told.servers[0].username == "jan"


async def test_what_the_company_typed_is_mended_where_the_provider_is_known() -> None:
    told = await found("info@acme.be", typed="smtp.office365.com")
    assert shown(told) == ["smtp.office365.com:587 starttls typed sure"]


BARRACUDA = "acme.be MX 10 d1.ess.barracudanetworks.com\n"


async def test_a_filter_hides_the_mailboxes_and_spf_is_a_hint_to_confirm() -> None:
    told = await found(
        "info@acme.be", BARRACUDA + "acme.be TXT v=spf1 include:spf.protection.outlook.com -all\n"
    )
    assert told.notes == (Note.GATEWAY,)
    assert told.provider == "Barracuda (probably Microsoft 365)"
    assert shown(told) == ["smtp.office365.com:587 starttls behind to confirm"]


async def test_behind_a_filter_autodiscover_is_a_hint_too() -> None:
    records = BARRACUDA + "autodiscover.acme.be CNAME autodiscover.outlook.com\n"
    assert (await found("info@acme.be", records)).provider == "Barracuda (probably Microsoft 365)"


async def test_a_filter_that_hides_all_says_so_and_guesses_nothing_sure() -> None:
    told = await found("info@acme.be", BARRACUDA)
    assert (told.servers, told.notes, told.provider) == ((), (Note.GATEWAY,), "Barracuda")


async def test_a_domain_that_only_forwards_has_no_server() -> None:
    told = await found("info@acme.be", "acme.be MX 10 route1.mx.cloudflare.net")
    assert (told.servers, told.notes, told.provider) == ((), (Note.FORWARD_ONLY,), "Cloudflare Email Routing")


async def test_a_forwarder_with_mailboxes_elsewhere_tells_both() -> None:
    records = "acme.be MX 10 route1.mx.cloudflare.net\nacme.be TXT v=spf1 include:_spf.google.com ~all"
    told = await found("info@acme.be", records)
    assert told.notes == (Note.FORWARD_ONLY,)
    assert shown(told)[0] == "smtp.gmail.com:465 implicit behind to confirm"


@pytest.mark.parametrize(
    ("records", "notes"),
    [
        ("", (Note.NO_SUCH_DOMAIN,)),
        ("acme.be MX 0 .", (Note.NO_MAIL,)),
        ("acme.be * !SERVFAIL", (Note.NOT_LOOKED_UP,)),
        ("acme.be TXT hello\n_submissions._tcp.acme.be SRV !TIMEOUT", (Note.NOT_LOOKED_UP,)),
        ("acme.be MX 10 mx.mailgun.org", (Note.SENDS_ONLY,)),
    ],
)
async def test_what_else_is_learnt(records: str, notes: tuple[Note, ...]) -> None:
    assert (await found("info@acme.be", records)).notes == notes


async def test_a_name_that_leads_inside_is_never_connected_to() -> None:
    inside = "".join(f"{name}acme.be A 10.0.0.1\n" for name in ("", "autoconfig.", "smtp.", "mail."))
    told = await found("info@acme.be", inside + "_submission._tcp.acme.be SRV 0 1 587 smtp.acme.be\n")
    (named,) = told.servers
    assert (named.answered, named.cause) == (False, "SMTP_ADDRESS_NOT_PUBLIC")


# With servers on loopback

CONFIG = """<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="acme.be"><domain>acme.be</domain>
  <incomingServer type="imap"><hostname>imap.acme.be</hostname><port>993</port></incomingServer>
  <outgoingServer type="smtp"><hostname>out.%EMAILDOMAIN%</hostname><port>{implicit}</port>
    <socketType>SSL</socketType><authentication>password-cleartext</authentication>
    <username>%EMAILLOCALPART%</username></outgoingServer>
  <outgoingServer type="smtp"><hostname>plain.acme.be</hostname><port>25</port>
    <socketType>plain</socketType><username>x</username></outgoingServer>
</emailProvider></clientConfig>"""
NAMES = ("acme.be", "autoconfig.acme.be", "out.acme.be", "smtp.acme.be", "mail.acme.be", "mail.other.be")
ZONE = "".join(f"{name} A 127.0.0.1\n" for name in NAMES)


class Town:
    """A web server, and two mail servers, one for each kind of TLS."""

    def __init__(self, stack: ExitStack, pair: Pair, authority: Authority) -> None:
        self.config: str | None = None
        self.requests: list[str] = []
        self.implicit = stack.enter_context(serving(polite(implicit=True), pair))
        self.starttls = stack.enter_context(serving(polite(), pair))
        self.web = stack.enter_context(serving(self._answer, pair))
        self._authority = authority

    def _answer(self, peer: Peer) -> None:
        peer.start_tls()
        self.requests.append(peer.hear())
        while peer.hear():
            pass
        body = (self.config or "").format(implicit=self.implicit.port)
        status = "200 OK" if self.config else "404 Not Found"
        peer.say(f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", "")
        peer.send(body.encode())

    async def found(self, records: str, *, smtp: bool = True) -> Discovery:
        guard = Guard(allow=(ip_network("127.0.0.0/8"),))
        context = tls.context_with(self._authority.file)
        means = Means.of(zone(records), EHLO, guard, context, Limits(8.0, 4.0))
        ports = Ports(self.web.port, self.implicit.port if smtp else 9, self.starttls.port if smtp else 9)
        return await discover(address("jan.peeters@acme.be"), means, ports=ports)

    @property
    def mail_servers(self) -> tuple[ScriptedServer, ScriptedServer]:
        return self.implicit, self.starttls


@pytest.fixture(scope="module")
def pair(authority: Authority) -> Pair:
    return authority.issue(*NAMES)


@pytest.fixture
def town(authority: Authority, pair: Pair) -> Iterator[Town]:
    with ExitStack() as stack:
        made = Town(stack, pair, authority)
        yield made
        assert [server.auths for server in made.mail_servers] == [[], []], "discovery logged in"


@pytest.mark.integration
async def test_a_published_file_names_the_server_and_it_is_looked_at(town: Town) -> None:
    town.config = CONFIG
    told = await town.found(ZONE + "acme.be MX 10 mx.unknown.be")
    (one,) = told.servers
    assert (one.server.host, one.server.port, one.source) == (
        "out.acme.be",
        town.implicit.port,
        Source.AUTOCONFIG,
    )
    assert (one.username, one.confidence, one.answered) == ("jan.peeters", Confidence.LIKELY, True)


@pytest.mark.integration
async def test_nobody_is_told_whose_mailbox_it_is(town: Town) -> None:
    await town.found(ZONE)
    assert town.requests == [
        "GET /mail/config-v1.1.xml?emailaddress=postmaster%40acme.be HTTP/1.1",
        "GET /.well-known/autoconfig/mail/config-v1.1.xml HTTP/1.1",
    ]
    assert b"jan" not in town.web.octets


@pytest.mark.integration
async def test_srv_records_name_the_server_implicit_tls_first(town: Town) -> None:
    told = await town.found(
        ZONE
        + f"_submission._tcp.acme.be SRV 0 1 {town.starttls.port} mail.acme.be\n"
        + f"_submissions._tcp.acme.be SRV 0 1 {town.implicit.port} mail.acme.be\n"
    )
    assert shown(told) == [
        f"mail.acme.be:{town.implicit.port} implicit srv likely",
        f"mail.acme.be:{town.starttls.port} starttls srv likely",
    ]


@pytest.mark.integration
async def test_a_server_of_somebody_elses_is_to_be_confirmed(town: Town) -> None:
    told = await town.found(ZONE + f"_submissions._tcp.acme.be SRV 0 1 {town.implicit.port} mail.other.be\n")
    assert shown(told) == [f"mail.other.be:{town.implicit.port} implicit srv to confirm"]


@pytest.mark.integration
async def test_a_usual_name_that_answers_is_a_guess(town: Town) -> None:
    told = await town.found("acme.be MX 10 mx.acme.be\nsmtp.acme.be A 127.0.0.1\n")
    assert shown(told) == [f"smtp.acme.be:{town.implicit.port} implicit guess guess"]
    assert told.servers[0].answered is True


@pytest.mark.integration
async def test_where_nothing_answers_nothing_is_told(town: Town) -> None:
    assert (await town.found(ZONE, smtp=False)).servers == ()
