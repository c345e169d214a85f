"""Find the server for outgoing mail of an address, without ever sending a password, and say how sure it is.

In this order, until something is found: what the company typed, if a provider is known by it; whose addresses those
are; who runs the domain's exchangers; what the domain publishes for mail programs (autoconfig, SRV); who seems to be
behind a filter; a guess, by looking who greets us. The company confirms the answer; then one login is tried.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from checks import providers
from checks.domain_name import Address
from checks.lookup import Answer, LookupFailed, RecordType
from checks.providers import Kind, Provider, Secret, Username
from checks.smtp import autoconfig, srv
from checks.smtp.fetch import HTTPS, Fetcher
from checks.smtp.probe import Means, probe
from checks.smtp.result import Security, Server
from checks.spf.tree import own_includes, walk


class Source(StrEnum):
    """Where a server is known from."""

    TYPED = "typed"
    ADDRESS = "address"
    MX = "mx"
    AUTOCONFIG = "autoconfig"
    SRV = "srv"
    BEHIND = "behind"
    """Who seems to have the mailboxes behind a filter: by SPF, or by autodiscover."""
    GUESS = "guess"


class Confidence(StrEnum):
    """How sure it is, the surest first."""

    SURE = "sure"
    LIKELY = "likely"
    TO_CONFIRM = "to confirm"
    GUESS = "guess"


class Note(StrEnum):
    """What else was learnt about the domain's mail."""

    FORWARD_ONLY = "forward only"
    """Mail to the domain is passed on; there is no mailbox, and no server to log in at."""
    GATEWAY = "gateway"
    """A filter hides who has the mailboxes."""
    NO_MAIL = "takes no mail"
    """A null MX (RFC 7505)."""
    NO_SUCH_DOMAIN = "no such domain"
    NOT_LOOKED_UP = "not looked up"
    """Something could not be asked: there may be more than was found."""
    SENDS_ONLY = "sends only"
    """Who runs the exchangers is a service for sending."""


@dataclass(frozen=True, slots=True)
class Found:
    """A server, the user name to try there, and what opens it. `answered`: whether it greeted us, encrypted and
    offered a login; None where nobody looked. `cause`: the rule's code where it did not."""

    server: Server
    username: str
    source: Source
    confidence: Confidence
    provider: str = ""
    secret: Secret = Secret.PASSWORD
    answered: bool | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Discovery:
    """The servers, the surest first; who runs the mail (as `MailProvider` says it); and what else was learnt."""

    address: Address
    provider: str
    servers: tuple[Found, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Ports:
    """Where to look; others in tests alone."""

    https: int = HTTPS
    implicit: int = 465
    starttls: int = 587


@dataclass(frozen=True, slots=True)
class _Mail:
    """Who runs the domain's mail. `behind`: who seems to have the mailboxes behind a filter or forwarder."""

    provider: Provider | None
    said: str = ""
    behind: Provider | None = None
    notes: tuple[Note, ...] = ()


async def discover(
    address: Address, means: Means, *, typed: str = "", ports: Ports | None = None
) -> Discovery:
    """`typed`: the host that the company entered, if it did."""
    ports = ports or Ports()
    if own := _by_name(address, typed):
        return Discovery(address, own[0].provider, own, ())
    mail = await _mail(address, means)
    found = _of_provider(mail.provider, address, Source.MX, Confidence.SURE) if mail.provider else ()
    if mail.provider and (found or Note.FORWARD_ONLY in mail.notes):
        return Discovery(address, mail.said, found, mail.notes)
    published, complete = await _published(address, means, ports)
    hinted = _of_provider(mail.behind, address, Source.BEHIND, Confidence.TO_CONFIRM) if mail.behind else ()
    notes = mail.notes if complete or Note.NOT_LOOKED_UP in mail.notes else (*mail.notes, Note.NOT_LOOKED_UP)
    found = (*published, *hinted)
    if not any(one.answered is not False for one in found) and Note.NO_SUCH_DOMAIN not in notes:
        found = (*found, *await _guessed(address, means, ports))
    return Discovery(address, mail.said, _ordered(found), notes)


def _ordered(found: Iterable[Found]) -> tuple[Found, ...]:
    """Those that answered before those that did not, the surer first; each server once."""
    rank = list(Confidence)
    ordered = sorted(found, key=lambda one: (one.answered is False, rank.index(one.confidence)))
    return tuple({one.server: one for one in reversed(ordered)}.values())[::-1]


# By name alone


def _by_name(address: Address, typed: str) -> tuple[Found, ...]:
    if typed and (provider := providers.server_provider(typed)) and provider.smtp:
        return _of_provider(provider, address, Source.TYPED, Confidence.SURE)
    provider = providers.address_provider(address.domain)
    return _of_provider(provider, address, Source.ADDRESS, Confidence.SURE) if provider else ()


def _of_provider(
    provider: Provider, address: Address, source: Source, confidence: Confidence
) -> tuple[Found, ...]:
    return tuple(
        Found(
            Server(one.host, one.port, Security.IMPLICIT if one.implicit_tls else Security.STARTTLS),
            _username(provider, address),
            source,
            confidence,
            provider.name,
            provider.secret,
        )
        for one in provider.smtp
    )


def _username(provider: Provider, address: Address) -> str:
    """Empty where the provider gives one of its own."""
    match provider.username:
        case Username.LOCAL_PART:
            return address.local
        case Username.OWN:
            return ""
        case _:
            return str(address)


# By who runs the mail


async def _mail(address: Address, means: Means) -> _Mail:
    result = await means.resolver.lookup(address.domain, RecordType.MX)
    if isinstance(result, LookupFailed):
        return _Mail(None, notes=(Note.NOT_LOOKED_UP,))
    if not isinstance(result, Answer):
        return _Mail(None, notes=(Note.NO_SUCH_DOMAIN,) if result.nxdomain else ())
    exchangers = result.exchangers
    if all(not exchanger.exchange for exchanger in exchangers):
        return _Mail(None, notes=(Note.NO_MAIL,))
    found = providers.provider(exchangers)
    if found is None:
        return _Mail(None)
    if not found.hides_the_mailbox:
        notes = (Note.SENDS_ONLY,) if found.kind is Kind.SENDING else ()
        return _Mail(found, found.name, notes=notes)
    return await _hidden(address, found, exchangers, means)


async def _hidden(
    address: Address, found: Provider, exchangers: Iterable[providers.HasExchange], means: Means
) -> _Mail:
    """A filter or a forwarder stands in front: the domain's own SPF record, or its autodiscover, may tell."""
    includes = own_includes(await walk(address.domain, means.resolver), address.domain)
    told = providers.mail_provider(exchangers, includes)
    probably = told.probably if told else ""
    if not probably:
        probably = await _by_autodiscover(address.domain, means)
    said = f"{found.name} (probably {probably})" if probably else found.name
    if found.kind is Kind.GATEWAY:
        return _Mail(None, said, _named(probably), (Note.GATEWAY,))
    if found.smtp:
        return _Mail(found, said)
    return _Mail(None if probably else found, said, _named(probably), (Note.FORWARD_ONLY,))


async def _by_autodiscover(name: str, means: Means) -> str:
    """Exchange Online has its customers publish an alias for Outlook."""
    result = await means.resolver.lookup(f"autodiscover.{name}", RecordType.CNAME)
    targets = result.values if isinstance(result, Answer) else ()
    return "Microsoft 365" if "autodiscover.outlook.com" in targets else ""


def _named(name: str) -> Provider | None:
    return next((p for p in providers.built_in().by_mx.values() if p.name == name), None) if name else None


# By what the domain publishes


async def _published(address: Address, means: Means, ports: Ports) -> tuple[tuple[Found, ...], bool]:
    """Its autoconfig file, else its SRV records; each server looked at. And whether all could be asked."""
    offers = [offer async for offer in _autoconfig(address, means, ports)]
    if offers:
        return await _looked_at(offers, means), True
    named, answered = await srv.servers(address.domain, means.resolver)
    listed = [
        Found(
            one.server,
            str(address),
            Source.SRV,
            Confidence.LIKELY if one.inside else Confidence.TO_CONFIRM,
            providers.provider_of_server(one.server.host),
        )
        for one in named
    ]
    return await _looked_at(listed, means), answered


async def _autoconfig(address: Address, means: Means, ports: Ports) -> AsyncIterator[Found]:
    """By https alone, and with a made-up local part: whose mailbox it is concerns nobody yet."""
    fetcher = Fetcher(means.resolver, means.guard, means.context, port=ports.https)
    name = address.domain
    for url in (
        f"https://autoconfig.{name}/mail/config-v1.1.xml?emailaddress=postmaster%40{name}",
        f"https://{name}/.well-known/autoconfig/mail/config-v1.1.xml",
    ):
        got = await fetcher.get(url)
        if got.status != 200:
            continue
        try:
            offers = autoconfig.read(got.body, address)
        except autoconfig.BadConfig:
            continue
        for offer in offers:
            whose = providers.provider_of_server(offer.server.host)
            yield Found(offer.server, offer.username, Source.AUTOCONFIG, Confidence.LIKELY, whose)
        if offers:
            return


async def _guessed(address: Address, means: Means, ports: Ports) -> tuple[Found, ...]:
    """Names that many servers have. Only those that answer are told, and those whose certificate is another's."""
    names = (f"smtp.{address.domain}", f"mail.{address.domain}", address.domain)
    tries = [(ports.implicit, Security.IMPLICIT), (ports.starttls, Security.STARTTLS)]
    guesses = [
        Found(Server(name, port, security), str(address), Source.GUESS, Confidence.GUESS)
        for name in names
        for port, security in tries
    ]
    looked_at = await _looked_at(guesses, means, first_only=True)
    return tuple(one for one in looked_at if one.answered or one.cause.startswith("SMTP_CERTIFICATE"))


async def _looked_at(listed: Iterable[Found], means: Means, *, first_only: bool = False) -> tuple[Found, ...]:
    """By EHLO and TLS, one port of a host after the other, so that nobody sees many of us at once.

    `first_only`: the first that answers will do.
    """
    by_host: dict[str, list[Found]] = {}
    for one in listed:
        by_host.setdefault(one.server.host, []).append(one)
    done = await asyncio.gather(*(_one_host(several, means, first_only) for several in by_host.values()))
    return tuple(one for several in done for one in several)


async def _one_host(listed: list[Found], means: Means, first_only: bool) -> list[Found]:
    looked_at: list[Found] = []
    for one in listed:
        if first_only and any(other.answered for other in looked_at):
            break
        problem = await probe(one.server, means)
        looked_at.append(replace(one, answered=problem is None, cause=problem.code if problem else ""))
    return looked_at
