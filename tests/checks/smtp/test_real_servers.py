"""Logins at Dovecot and Postfix as Debian has them, with STARTTLS and implicit TLS."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from ipaddress import ip_network
from pathlib import Path

import pytest

from checks.smtp import tls
from checks.smtp.credentials import Credentials
from checks.smtp.guard import Guard
from checks.smtp.login import log_in
from checks.smtp.result import Login, Result, Security, Server
from data.demo.certificates import Authority
from tests.support import mail_servers
from tests.support.mail_servers import MailServer
from tests.support.zone import zone

pytestmark = pytest.mark.integration

USERS = {
    "jan@example.test": "correct horse battery",
    "zoë@example.test": "pässwörd-密码-€",
    "quote@example.test": "a\"b'c\\d%e&f=g h",
}
ZONE = zone("mail.example.test A 127.0.0.1\nother.example.test A 127.0.0.1\n")


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    """In a folder that the servers' users may enter."""
    where = Path(tempfile.mkdtemp(prefix="sendwell-"))
    where.chmod(0o755)
    yield Authority(where)
    shutil.rmtree(where)


def running(
    missing: str, start: Callable[..., AbstractContextManager[MailServer]], authority: Authority, **more: str
) -> Iterator[MailServer]:
    if missing:
        pytest.skip(missing)
    with start(USERS, authority.issue("mail.example.test"), **more) as server:
        yield server


@pytest.fixture(scope="module")
def dovecot(authority: Authority) -> Iterator[MailServer]:
    yield from running(mail_servers.no_dovecot(), mail_servers.dovecot, authority)


@pytest.fixture(scope="module")
def postfix(authority: Authority) -> Iterator[MailServer]:
    yield from running(mail_servers.no_postfix(), mail_servers.postfix, authority)


@pytest.fixture(scope="module")
def postfix_cram(authority: Authority) -> Iterator[MailServer]:
    yield from running(mail_servers.no_postfix(), mail_servers.postfix, authority, mechanisms="CRAM-MD5")


@pytest.fixture(params=["dovecot", "postfix"])
def server(request: pytest.FixtureRequest) -> MailServer:
    made: MailServer = request.getfixturevalue(request.param)
    return made


@pytest.fixture(params=list(Security), ids=str)
def security(request: pytest.FixtureRequest) -> Security:
    chosen: Security = request.param
    return chosen


async def tried(
    server: MailServer,
    security: Security,
    authority: Authority | None,
    user: str,
    password: str,
    host: str = "mail.example.test",
) -> Login:
    port = server.implicit if security is Security.IMPLICIT else server.starttls
    return await log_in(
        Server(host, port, security),
        Credentials(user, password),
        resolver=ZONE,
        ehlo_name="probe.sendwell.example",
        guard=Guard(allow=(ip_network("127.0.0.0/8"),)),
        context=tls.context_with(authority.file) if authority else None,
    )


@pytest.mark.parametrize("user", USERS)
async def test_the_right_password_gets_in(
    user: str, server: MailServer, security: Security, authority: Authority
) -> None:
    found = await tried(server, security, authority, user, USERS[user])
    assert (found.result, found.code, found.attempts, found.mechanism) == (Result.OK, 235, 1, "PLAIN"), found
    assert found.tls.startswith("TLSv1.")


@pytest.mark.parametrize(
    "wrong", ["correct horse", "pässwörd", " correct horse battery", "CORRECT HORSE BATTERY"]
)
async def test_a_wrong_password_does_not(
    wrong: str, server: MailServer, security: Security, authority: Authority
) -> None:
    found = await tried(server, security, authority, "jan@example.test", wrong)
    assert (found.result, found.cause, found.attempts) == (Result.REFUSED, "SMTP_WRONG_PASSWORD", 1), found
    assert (found.code, found.enhanced_code, found.recognised) == (535, "5.7.8", True)
    assert wrong not in repr(found)


async def test_an_unknown_user_is_a_wrong_password_too(
    server: MailServer, security: Security, authority: Authority
) -> None:
    found = await tried(server, security, authority, "nobody@example.test", "correct horse battery")
    assert (found.result, found.cause) == (Result.REFUSED, "SMTP_WRONG_PASSWORD")


async def test_an_authority_that_is_not_trusted_gets_no_password(
    server: MailServer, security: Security
) -> None:
    found = await tried(server, security, None, "jan@example.test", USERS["jan@example.test"])
    assert (found.result, found.attempts) == (Result.INSECURE, 0)
    assert found.cause == "SMTP_CERTIFICATE_UNKNOWN_ISSUER"


async def test_a_certificate_for_another_name_gets_no_password(
    server: MailServer, security: Security, authority: Authority
) -> None:
    found = await tried(server, security, authority, "jan@example.test", "x", host="other.example.test")
    assert (found.cause, found.attempts) == ("SMTP_CERTIFICATE_WRONG_NAME", 0)


async def test_the_kinds_of_tls_mixed_up_are_told(server: MailServer, authority: Authority) -> None:
    swapped = MailServer(starttls=server.implicit, implicit=server.starttls)
    found = await tried(swapped, Security.IMPLICIT, authority, "jan@example.test", "x")
    assert (found.cause, found.attempts) == ("SMTP_TLS_MODE_MIXED_UP", 0)


async def test_cram_md5_where_nothing_else_is_offered(
    postfix_cram: MailServer, security: Security, authority: Authority
) -> None:
    good = await tried(postfix_cram, security, authority, "jan@example.test", USERS["jan@example.test"])
    bad = await tried(postfix_cram, security, authority, "jan@example.test", "wrong")
    assert (good.result, good.mechanism, bad.cause) == (Result.OK, "CRAM-MD5", "SMTP_WRONG_PASSWORD"), (
        good,
        bad,
    )
