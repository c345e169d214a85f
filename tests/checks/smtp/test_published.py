"""What a domain publishes for mail programs is hostile: files, redirects and SRV records."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.domain_name import address
from checks.smtp import autoconfig, srv, tls
from checks.smtp.fetch import MAX_OCTETS, Fetched, Fetcher
from checks.smtp.guard import Guard
from checks.smtp.result import Security, Server
from data.demo.certificates import Authority
from tests.support.smtp_server import Peer, serving
from tests.support.zone import zone

JAN = address("jan@acme.be")


def config(*servers: str) -> bytes:
    return f"<clientConfig><emailProvider>{''.join(servers)}</emailProvider></clientConfig>".encode()


def server(host: str = "out.acme.be", port: str = "465", socket: str = "SSL", kind: str = "smtp") -> str:
    return (
        f'<outgoingServer type="{kind}"><hostname>{host}</hostname><port>{port}</port>'
        f"<socketType>{socket}</socketType><username>%EMAILADDRESS%</username></outgoingServer>"
    )


def test_encrypted_servers_are_offers_in_their_order() -> None:
    offers = autoconfig.read(config(server(), server("b.acme.be", "587", "STARTTLS")), JAN)
    assert [offer.server for offer in offers] == [
        Server("out.acme.be", 465, Security.IMPLICIT),
        Server("b.acme.be", 587, Security.STARTTLS),
    ]
    assert offers[0].username == "jan@acme.be"


@pytest.mark.parametrize(
    "entry",
    [
        server(socket="plain"),
        server(socket=""),
        server(kind="lmtp"),
        server(port="x"),
        server(port="1234567"),
        server(host=""),
        server(host="10.0.0.1"),
        server(host="a b"),
        server(host="localhost"),
    ],
)
def test_what_is_no_encrypted_server_with_a_name_is_no_offer(entry: str) -> None:
    assert autoconfig.read(config(entry), JAN) == ()


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"", "no XML"),
        (b"<html>", "no XML"),
        (b"\xff\xfe\x00", "no XML"),
        (b'<?xml version="1.0" encoding="x-none"?><a/>', "no XML"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "https://inside/">]><a>&x;</a>', "document type"),
        (b"<a>&undefined;</a>", "no XML"),
        (b"<a>" * 5000, "too many"),
        (b"<r>" + b"<a/>" * 5000 + b"</r>", "too many"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused(octets: bytes, why: str) -> None:
    with pytest.raises(autoconfig.BadConfig, match=why):
        autoconfig.read(octets, JAN)


@given(st.binary(max_size=300))
def test_no_file_breaks_it(octets: bytes) -> None:
    try:
        autoconfig.read(octets, JAN)
    except autoconfig.BadConfig:
        return


# SRV


async def test_the_better_priority_and_the_heavier_weight_stand_first() -> None:
    records = zone(
        "_submission._tcp.acme.be SRV 10 1 587 last.acme.be\n"
        "_submission._tcp.acme.be SRV 0 1 587 light.acme.be\n"
        "_submission._tcp.acme.be SRV 0 9 587 heavy.acme.be\n"
    )
    named, answered = await srv.servers("acme.be", records)
    assert [one.server.host for one in named] == ["heavy.acme.be", "light.acme.be", "last.acme.be"]
    assert answered


@pytest.mark.parametrize(
    "data", ["0 0 0 .", "0 1 587", "x 1 587 a.be", "0 1 587 127.0.0.1", "0 1 587 a b.be"]
)
async def test_a_record_that_names_no_server_is_none(data: str) -> None:
    assert await srv.servers("acme.be", zone(f"_submission._tcp.acme.be SRV {data}")) == ((), True)


# Fetching


def answering(
    *lines: str, body: bytes = b"", then: Callable[[Peer], None] | None = None
) -> Callable[[Peer], None]:
    def script(peer: Peer) -> None:
        peer.start_tls()
        while peer.hear():
            pass
        peer.say(*lines, "")
        peer.send(body)
        if then:
            then(peer)

    return script


async def got(script: Callable[[Peer], None], authority: Authority, *, seconds: float = 5.0) -> Fetched:
    names = ("www.acme.be", "other.acme.be")
    records = zone("www.acme.be A 127.0.0.1\nother.acme.be A 127.0.0.1\ninside.acme.be A 10.0.0.1\n")
    guard = Guard(allow=(ip_network("127.0.0.0/8"),))
    with serving(script, authority.issue(*names)) as web:
        fetcher = Fetcher(records, guard, tls.context_with(authority.file), seconds, web.port)
        return await fetcher.get("https://www.acme.be/a?b=c")


def redirecting(target: str) -> Callable[[Peer], None]:
    def script(peer: Peer) -> None:
        peer.start_tls()
        line = peer.hear()
        while peer.hear():
            pass
        if line.startswith("GET /there "):
            peer.say("HTTP/1.1 200 OK", "Content-Length: 5", "", "there")
        else:
            peer.say("HTTP/1.1 302 Found", f"Location: {target}", "Content-Length: 0", "")

    return script


@pytest.mark.integration
async def test_a_file_is_fetched(authority: Authority) -> None:
    found = await got(answering("HTTP/1.1 200 OK", "Content-Length: 5", body=b"hello"), authority)
    assert (found.status, found.body) == (200, b"hello")
    chunked = answering("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n")
    assert (await got(chunked, authority)).body == b"hello"
    until_closed = answering("HTTP/1.0 200 OK", body=b"hello")
    assert (await got(until_closed, authority)).body == b"hello"


@pytest.mark.integration
@pytest.mark.parametrize("target", ["/there", "https://other.acme.be/there", "//other.acme.be/there"])
async def test_a_redirect_is_followed_and_vetted(target: str, authority: Authority) -> None:
    assert (await got(redirecting(target), authority)).body == b"there"


@pytest.mark.integration
@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("https://inside.acme.be/there", "SMTP_ADDRESS_NOT_PUBLIC"),
        ("https://169.254.169.254/latest/meta-data", "SMTP_HOST_IS_ADDRESS"),
        ("https://[::1]/there", "SMTP_HOST_IS_ADDRESS"),
        ("https://gone.acme.be/there", "SMTP_HOST_UNKNOWN"),
        ("http://other.acme.be/there", "no plain https"),
        ("file:///etc/passwd", "no plain https"),
        ("https://other.acme.be:22/there", "no plain https"),
        ("https://user:password@other.acme.be/there", "no plain https"),
        ("/again", "too often"),
    ],
)
async def test_a_redirect_leads_nowhere_else(target: str, why: str, authority: Authority) -> None:
    found = await got(redirecting(target), authority)
    assert found.status == 0
    assert why in found.why


@pytest.mark.integration
@pytest.mark.parametrize(
    ("script", "why"),
    [
        (
            answering(
                "HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body=b"fffff\r\n" + b"x" * (MAX_OCTETS + 9)
            ),
            "longer than",
        ),
        (
            answering("HTTP/1.1 200 OK", "Content-Encoding: gzip", "Content-Length: 1", body=b"x"),
            "compressed",
        ),
        (answering("HTTP/1.1 200 OK", "X: " + "y" * 40000), "RemoteProtocolError"),
        (answering("220 mail.acme.be ESMTP"), "RemoteProtocolError"),
        (answering("HTTP/1.1 200 OK", "Content-Length: 99", body=b"x"), "RemoteProtocolError"),
        (lambda peer: peer.hang_up(), ""),
    ],
    ids=["too long", "compressed", "endless head", "no web server", "cut short", "hung up"],
)
async def test_an_answer_that_is_none_is_told(
    script: Callable[[Peer], None], why: str, authority: Authority
) -> None:
    found = await got(script, authority)
    assert (found.status, found.body) == (0, b"")
    assert found.why
    assert why in found.why


@pytest.mark.integration
async def test_a_server_that_never_ends_is_left(authority: Authority) -> None:
    script = answering("HTTP/1.1 200 OK", "Content-Length: 99", body=b"x", then=lambda peer: peer.wait())
    assert (await got(script, authority, seconds=0.8)).why == "took too long"


@pytest.mark.integration
async def test_a_certificate_for_another_name_is_not_taken(authority: Authority, tmp_path: Path) -> None:
    stranger = Authority(tmp_path)
    script = answering("HTTP/1.1 200 OK", "Content-Length: 5", body=b"hello")
    guard = Guard(allow=(ip_network("127.0.0.0/8"),))
    for certificate in (authority.issue("elsewhere.be"), stranger.issue("www.acme.be")):
        with serving(script, certificate) as web:
            context = tls.context_with(authority.file)
            fetcher = Fetcher(zone("www.acme.be A 127.0.0.1"), guard, context, 5.0, web.port)
            assert "certificate" in (await fetcher.get("https://www.acme.be/")).why
