"""The made-up companies: each is in one scenario, and the same ones come out every time."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TypeVar

from checks import domain_name
from checks.company import SendingMethod
from checks.smtp.result import Security
from data.demo import platform
from data.demo.names import ACCENTED, COUNTRIES, LEGAL, SEGMENTS, WORDS, Words, accented_slug, slug
from data.demo.scenario import Expected, Password, Scenario, filled
from data.demo.scenarios import SCENARIOS
from data.demo.services import MANY_SERVICES, PROVIDERS, Provider

COLUMNS = (
    *("company_id", "name", "email", "email_validated_at", "sending_method", "from_address"),
    *("country", "language", "segment"),
    *("smtp_host", "smtp_port", "smtp_security", "smtp_username", "smtp_password"),
)

GONE = Scenario("gone: no longer in the file", 4, Expected("ok"))
"""Companies of an earlier file that the present one no longer names."""

_NEWEST = datetime(2025, 11, 28, tzinfo=UTC)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Company:
    """One made-up company. `domain`: its own, as typed (may be IDN); `others`: harmless SPF terms of its own.
    `email`, `from_address` and `smtp_host` may be empty."""

    id: str
    name: str
    scenario: Scenario
    domain: str
    email: str
    email_validated_at: str
    from_address: str
    country: str
    language: str
    segment: str
    smtp_host: str
    provider: Provider
    others: str

    @property
    def owns_domain(self) -> bool:
        return not self.scenario.shared

    @property
    def smtp_username(self) -> str:
        """The mailbox that it sends from."""
        return self.from_address if self.smtp_host else ""

    @property
    def smtp_password(self) -> str:
        """As the file has it, right or not; no secret."""
        own = self.scenario.own_server
        return f"demo-{self.id}" if own and self.smtp_host and own.password is not Password.NONE else ""

    @property
    def smtp_port_of(self) -> Security:
        """Whose port it entered."""
        own = self.scenario.own_server
        return (own.port_of or own.security) if own else Security.STARTTLS

    def row(self, smtp_port: int) -> tuple[str, ...]:
        """Its line in a company file, as `COLUMNS`."""
        return (
            *(self.id, self.name, self.email, self.email_validated_at),
            *(self.scenario.method.value, self.from_address),
            *(self.country, self.language, self.segment),
            *self._login(smtp_port),
        )

    def _login(self, port: int) -> tuple[str, ...]:
        own = self.scenario.own_server
        if not (own and self.smtp_host):
            return ("",) * 5
        return (self.smtp_host, str(port), own.security.value, self.smtp_username, self.smtp_password)


@cache
def companies() -> tuple[Company, ...]:
    """The 500 companies of the present file, in the order of their ids."""
    return _made()[0]


@cache
def former() -> tuple[Company, ...]:
    """The companies that only the earlier file names."""
    return _made()[1]


def write_csv(path: Path, members: Iterable[Company], smtp_port: Callable[[Company], int]) -> None:
    """A company file (UTF-8, comma) as the importer reads it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(company.row(smtp_port(company)) for company in members)


def zone_values(company: Company) -> dict[str, str]:
    """What the placeholders of the scenario's records stand for."""
    domain = domain_name.domain(company.domain)
    return {
        "domain": domain,
        "flat": domain.replace(".", "-"),
        "ours": platform.INCLUDE,
        "our-ip4": str(platform.IP4),
        "our-ip6": str(platform.IP6),
        "our-ip4-reversed": ".".join(reversed(str(platform.IP4).split("."))),
        "our-ip6-reversed": ".".join(reversed(platform.IP6.exploded.replace(":", ""))),
        "host": company.provider.domain,
        "host-spf": company.provider.spf,
        "others": company.others,
    }


@cache
def _made() -> tuple[tuple[Company, ...], tuple[Company, ...]]:
    maker = _Maker(random.Random(20))
    present = [maker.company(s, n) for s in SCENARIOS for n in range(s.count)]
    present.sort(key=lambda company: company.id)
    return tuple(present), tuple(maker.company(GONE, n) for n in range(GONE.count))


class _Maker:
    """Makes companies. Of the generator only `random()` is used: Python promises to keep its sequence."""

    def __init__(self, generator: random.Random) -> None:
        self._random = generator.random
        self._taken: set[str] = set()

    def company(self, scenario: Scenario, n: int) -> Company:
        """The n-th company of a scenario."""
        country, language = self._home(scenario, n)
        words = WORDS[language]
        name, stem = self._name(words, language, scenario.idn)
        domain = scenario.shared[n % len(scenario.shared)] if scenario.shared else f"{stem}.example"
        provider = self._provider(scenario)
        local = slug(name) if scenario.shared else self._pick(words.local_parts)
        values = {"local": local, "billing": words.billing, "domain": domain, "slug": slug(name)}
        values["host"] = provider.domain
        plain = Company(
            id=self._id(),
            name=f"{name} {self._pick(LEGAL[country, language])}".strip(),
            scenario=scenario,
            domain=domain,
            email=filled(scenario.email[n % len(scenario.email)], values),
            email_validated_at=self._validated() if scenario.validated else "",
            from_address="",
            country=country,
            language=language,
            segment=self._weighted(SEGMENTS),
            smtp_host="",
            provider=provider,
            others=self._others(provider),
        )
        return _for_method(replace(plain, name=scenario.names[n]) if scenario.names else plain, values)

    def _home(self, scenario: Scenario, n: int) -> tuple[str, str]:
        """A country and a language in it; that of the shared domain where there is one."""
        end = scenario.shared[n % len(scenario.shared)].rpartition(".")[2].upper() if scenario.shared else ""
        fitting = [((c, language), weight) for c, language, weight in COUNTRIES if c == end]
        return self._weighted(fitting or [((c, language), weight) for c, language, weight in COUNTRIES])

    def _name(self, words: Words, language: str, idn: bool) -> tuple[str, str]:
        """A name, and the stem of its domain; neither was given out before."""
        while True:
            trade = ACCENTED[language] if idn else self._pick(words.trades)
            family = self._pick(words.heads) + self._pick(words.tails)
            first = self._random() < 0.7
            name = f"{trade} {family}" if first else f"{family} {trade}"
            short = family if self._random() < 0.35 and not idn else name
            stem = accented_slug(name) if idn else slug(short)
            if self._take(name) and self._take(stem):
                return name, stem

    def _take(self, word: str) -> bool:
        taken = word in self._taken
        self._taken.add(word)
        return not taken

    def _id(self) -> str:
        """A customer number; numbers are given out at random, so that the scenarios mix in every list."""
        while True:
            number = f"C{10_000 + int(self._random() * 9_000)}"
            if self._take(number):
                return number

    def _validated(self) -> str:
        days = int(self._random() ** 2 * 1_000)
        return (_NEWEST - timedelta(days=days, seconds=int(self._random() * 36_000))).isoformat()

    def _provider(self, scenario: Scenario) -> Provider:
        """The mail provider; one with a domain of its own where the scenario's texts use that domain."""
        return self._weighted([(p, p.weight) for p in PROVIDERS if p.made_up or not scenario.uses_host])

    def _others(self, provider: Provider) -> str:
        """Harmless SPF terms: the mail provider's, mostly, and now and then a server or a service more."""
        terms = [f"include:{provider.spf}"]
        if self._random() < 0.3:
            terms.insert(0, f"ip4:203.0.113.{1 + int(self._random() * 50)}")
        if self._random() < 0.35:
            terms.append(f"include:{self._pick(MANY_SERVICES)}")
        return " ".join(terms)

    def _pick(self, choices: Sequence[T]) -> T:
        return choices[int(self._random() * len(choices))]

    def _weighted(self, choices: Sequence[tuple[T, int]]) -> T:
        mark = self._random() * sum(weight for _, weight in choices)
        for choice, weight in choices:
            mark -= weight
            if mark < 0:
                return choice
        return choices[-1][0]


def _for_method(company: Company, values: dict[str, str]) -> Company:
    """With what the sending method asks for besides."""
    scenario = company.scenario
    if scenario.method is SendingMethod.PLATFORM:
        return company
    from_address = company.email if scenario.shared else filled(scenario.from_address, values)
    host = filled(scenario.own_server.host, values) if scenario.own_server else ""
    return replace(company, from_address=from_address, smtp_host=host)
