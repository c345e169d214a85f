"""A diagnosis, and every answer that it stands on."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address

from checks.company import Company, Diagnosis, SendingMethod
from checks.diagnosis import diagnose
from checks.lookup import RecordType, Resolver, Result
from checks.platform import Platform

PLATFORM = Platform("spf.sendwell.example", (ip_address("192.0.2.1"),))


class Recorder:
    """Another resolver, whose answers are kept."""

    immediate = True

    def __init__(self, below: Resolver) -> None:
        self._below = below
        self.seen: list[Result] = []

    async def lookup(self, name: str, type: RecordType) -> Result:
        self.seen.append(await self._below.lookup(name, type))
        return self.seen[-1]


def diagnosed(email: str, resolver: Resolver) -> tuple[Diagnosis, list[Result]]:
    """A company with this validated address that sends as itself, by `PLATFORM`."""
    recorder = Recorder(resolver)
    company = Company("1", "Acme", SendingMethod.OWN_ADDRESS, email, email_validated=True)
    return asyncio.run(diagnose(company, PLATFORM, recorder)), recorder.seen
