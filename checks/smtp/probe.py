"""See whether a mail server stands somewhere, by EHLO and TLS alone: there is no password in any of it."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass

from checks.lookup import Resolver
from checks.model import Rule
from checks.smtp import connection_rules, login_rules, tls
from checks.smtp.conversation import Conversation, Limits, open_encrypted
from checks.smtp.guard import Guard, TurnedAway
from checks.smtp.result import Server


@dataclass(frozen=True, slots=True)
class Means:
    """What every look at a server needs. `ehlo_name`: what we are called there."""

    resolver: Resolver
    ehlo_name: str
    guard: Guard
    context: ssl.SSLContext
    limits: Limits

    @classmethod
    def of(
        cls,
        resolver: Resolver,
        ehlo_name: str,
        guard: Guard | None = None,
        context: ssl.SSLContext | None = None,
        limits: Limits | None = None,
    ) -> Means:
        """With the public Internet, the system's authorities and short limits where nothing is said."""
        return cls(
            resolver,
            ehlo_name,
            guard or Guard(),
            context or tls.default_context(),
            limits or Limits(12.0, 5.0),
        )


async def probe(server: Server, means: Means) -> Rule | None:
    """None where the server greets us, encrypts with a certificate that verifies, and offers AUTH; else why not."""
    try:
        async with asyncio.timeout(means.limits.whole):
            found = await means.guard.vet(server.host, server.port, means.resolver)
            if isinstance(found, TurnedAway):
                return found.rule
            talk = Conversation(found, server.security, means.context, means.ehlo_name, means.limits)
            try:
                return await _look(talk)
            finally:
                talk.close()
    except TimeoutError:
        return connection_rules.TIMED_OUT


async def _look(talk: Conversation) -> Rule | None:
    problem = await open_encrypted(talk)
    if problem:
        return problem.cause
    offers = talk.offers_auth
    await talk.quit()
    return None if offers else login_rules.AUTH_NOT_OFFERED
