"""Log in at a mail server and out again, without sending anything: EHLO, TLS, AUTH, QUIT.

    found = await log_in(Server("smtp.example.com", 587, Security.STARTTLS), Credentials(user, password),
                         resolver=resolver, ehlo_name="mail.sendwell.example")

One AUTH, never in clear, never to an address that the guard has not vetted, never again by itself. No exception
comes out for whatever the server does: it is a result. Nobody should call this without counting
(`before_auth`), since servers lock accounts and ban addresses.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from dataclasses import dataclass, replace

from checks.lookup import Resolver
from checks.model import Rule
from checks.providers import provider_of_server
from checks.smtp import connection_rules, login_rules, mechanisms, replies, tls
from checks.smtp.conversation import ACCEPTED, BeforeAuth, Conversation, Limits, open_encrypted
from checks.smtp.credentials import Credentials
from checks.smtp.guard import Guard, TurnedAway, Vetted, connect
from checks.smtp.mechanisms import Mechanism
from checks.smtp.replies import Reply
from checks.smtp.result import Login, Result, Security, Server, printable, result_of
from checks.smtp.scrub import Scrubber
from checks.smtp.trouble import Trouble

_EHLO_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.IPv]+\]")


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a conversation ended: the answer to the last AUTH, or why none was had."""

    said: Reply | Trouble
    mechanism: str = ""


async def log_in(
    server: Server,
    credentials: Credentials,
    *,
    resolver: Resolver,
    ehlo_name: str,
    guard: Guard | None = None,
    context: ssl.SSLContext | None = None,
    limits: Limits | None = None,
    provider: str = "",
    before_auth: BeforeAuth | None = None,
) -> Login:
    """One login. `ehlo_name`: what we are called, with address and PTR that fit.

    `provider`: who runs the mail behind the server, by providers.toml, where its name does not tell.
    `before_auth`: awaited before each AUTH leaves, with its mechanism and the vetted address that it goes to; what
    it raises keeps it from leaving, and comes out.
    """
    if not _EHLO_NAME.fullmatch(ehlo_name):
        raise ValueError(f"{ehlo_name!r} is not a host name to say EHLO with")
    limits = limits or Limits()
    clock = asyncio.get_running_loop().time
    began = clock()
    found = await _vet(server, guard or Guard(), resolver, limits)
    provider = provider_of_server(server.host) or provider
    if not isinstance(found, Vetted):
        told = _by_trouble(found, provider)
        return replace(told, text=printable(told.text))
    table = replies.built_in()
    talk = Conversation(found, server.security, context or tls.default_context(), ehlo_name, limits)
    talk.scrub = Scrubber(credentials, table.words)
    talk.before_auth = before_auth
    left = replace(limits, whole=limits.whole - (clock() - began))
    ended = await _within(talk, found, server.security, credentials, left)
    return _result(talk, ended, provider)


def not_tried(host: str, cause: Rule, why: str) -> Login:
    """What a login comes to that is not even begun, since its credentials cannot be used."""
    return _by_trouble(Trouble(cause, why), provider_of_server(host))


async def _vet(server: Server, guard: Guard, resolver: Resolver, limits: Limits) -> Vetted | Trouble:
    try:
        async with asyncio.timeout(limits.whole):
            found = await guard.vet(server.host, server.port, resolver)
    except TimeoutError:
        return Trouble(connection_rules.LOOKUP_FAILED, "the look-up took too long")
    return Trouble(found.rule, found.found) if isinstance(found, TurnedAway) else found


async def _within(
    talk: Conversation, vetted: Vetted, security: Security, credentials: Credentials, limits: Limits
) -> _Ended:
    """The conversation within the limit for everything; the other kind of TLS is tried where that may be it."""
    limit = asyncio.timeout(limits.whole)
    try:
        async with limit:
            ended = await _converse(talk, credentials)
            if isinstance(ended.said, Trouble) and ended.said.maybe_other_mode:
                ended = replace(ended, said=await _other_mode(talk, vetted, security, ended.said))
        await talk.quit()
        return ended
    except TimeoutError:
        if not limit.expired():  # it is who counts that ran out of time
            raise
        return _Ended(
            Trouble(connection_rules.TIMED_OUT, f"nothing settled within {limits.whole:.0f} seconds")
        )
    finally:
        talk.close()


async def _converse(talk: Conversation, credentials: Credentials) -> _Ended:
    problem = await open_encrypted(talk)
    if problem is None and not talk.is_encrypted:
        problem = Trouble(connection_rules.TLS_REQUIRED, "the connection is not encrypted")
    if problem is None and not talk.offers_auth:
        problem = Trouble(login_rules.AUTH_NOT_OFFERED, "AUTH is not offered")
    usable = () if problem else mechanisms.choose(talk.offered, credentials.kind)
    if problem is None and not usable:
        offered = ", ".join(talk.offered) or "nothing"
        problem = Trouble(login_rules.MECHANISM_NOT_OFFERED, f"{offered} is offered")
    return _Ended(problem) if problem else await _authenticate(talk, usable, credentials)


async def _authenticate(
    talk: Conversation, usable: tuple[Mechanism, ...], credentials: Credentials
) -> _Ended:
    """The first mechanism; the next only where the server said that it verified nothing."""
    said: Reply | Trouble = Trouble(login_rules.MECHANISM_NOT_OFFERED, "")
    for mechanism in usable:
        said = await talk.authenticate(mechanism, credentials)
        if isinstance(said, Trouble) or not mechanisms.nothing_was_verified(said.code, said.enhanced_code):
            return _Ended(said, mechanism)
    return _Ended(said, usable[-1])


async def _other_mode(talk: Conversation, vetted: Vetted, security: Security, found: Trouble) -> Trouble:
    """Whether the port wants the other kind of TLS: connect once more, without a password, and see who greets."""
    other = Security.STARTTLS if security is Security.IMPLICIT else Security.IMPLICIT
    probe = talk.anew(other)
    try:
        sock = await connect(vetted, talk.limits.step)
        problem = await probe.open(sock)
    except OSError:
        return found
    finally:
        probe.close()
    if probe.greeted or (problem and problem.cause in _TLS_IS_SPOKEN):
        return replace(found, cause=connection_rules.TLS_MODE_MIXED_UP)
    if found.cause is connection_rules.TLS_MODE_MIXED_UP:  # neither TLS nor a greeting
        return replace(found, cause=connection_rules.NOT_SMTP)
    return found


_TLS_IS_SPOKEN = (
    connection_rules.CERTIFICATE_EXPIRED,
    connection_rules.CERTIFICATE_NOT_YET_VALID,
    connection_rules.CERTIFICATE_WRONG_NAME,
    connection_rules.CERTIFICATE_SELF_SIGNED,
    connection_rules.CERTIFICATE_UNKNOWN_ISSUER,
    connection_rules.CERTIFICATE_REFUSED,
    connection_rules.TURNED_AWAY,
    connection_rules.TURNED_AWAY_FOR_NOW,
)

# What is told


def _result(talk: Conversation, ended: _Ended, provider: str) -> Login:
    """The answer is judged as it came, and kept without the credentials."""
    if isinstance(ended.said, Reply):
        found = _by_reply(ended.said, provider)
    else:
        found = _by_trouble(_after_auth(ended.said) if talk.attempts else ended.said, provider)
    return replace(
        found,
        text=printable(talk.scrub(printable(found.text, 4000))),
        attempts=talk.attempts,
        tls=talk.tls,
        mechanism=ended.mechanism,
        address=talk.address,
        dialogue=talk.written(),
    )


def _by_reply(reply: Reply, provider: str) -> Login:
    if reply.code == ACCEPTED:
        return Login(
            Result.OK, ACCEPTED, reply.enhanced_code, "", reply.text, recognised=True, provider=provider
        )
    explained = replies.built_in().explain(reply, provider)
    return Login(
        result_of(explained.cause),
        reply.code,
        reply.enhanced_code,
        explained.cause.code,
        reply.text,
        step=explained.step,
        recognised=explained.recognised,
        provider=provider,
    )


def _by_trouble(found: Trouble, provider: str) -> Login:
    """A server that turns us away may say why in words that the table knows."""
    reply = Reply.of(found.code or 0, found.text)
    cause, known = found.cause, True
    if cause in (connection_rules.TURNED_AWAY, connection_rules.TURNED_AWAY_FOR_NOW):
        explained = replies.built_in().explain(reply, provider)
        known = explained.recognised
        cause = explained.cause if known else cause
    return Login(
        result_of(cause),
        found.code,
        reply.enhanced_code,
        cause.code,
        reply.text,
        step=replies.built_in().step(cause, provider),
        recognised=known,
        provider=provider,
    )


def _after_auth(found: Trouble) -> Trouble:
    """Once the password has left, a lost answer tells nothing about it, and may have been counted."""
    if found.cause is login_rules.ANSWER_UNREADABLE:
        return found
    if found.cause is connection_rules.NOT_SMTP:
        return replace(found, cause=login_rules.ANSWER_UNREADABLE, code=None)
    return replace(found, cause=login_rules.ANSWER_LOST)
