"""check_host() of RFC 7208 4: the one evaluator, for every screen, export, what-if and bounce."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal, NoReturn

from checks.lookup import Absent, LookupFailed, RecordType, Resolver, usable
from checks.lookup import Result as LookupResult
from checks.platform import IPAddress
from checks.spf import macro, record
from checks.spf.macro import Macro, MacroError, Values
from checks.spf.record import Directive, Mechanism, Network, Record

MAX_TERMS = 10  # RFC 7208 4.6.4
MAX_VOIDS = 2  # RFC 7208 4.6.4
MAX_NAMES = 10  # exchangers of one mx, names of one ptr: RFC 7208 4.6.4

Voids = Literal["term", "query"]
"""What counts as one void: a term whose look-ups all come back empty, or each empty query as pyspf has it."""


class Result(StrEnum):
    """RFC 7208 2.6."""

    PASS = "pass"
    FAIL = "fail"
    SOFTFAIL = "softfail"
    NEUTRAL = "neutral"
    NONE = "none"
    PERMERROR = "permerror"
    TEMPERROR = "temperror"


_OF_QUALIFIER = {"+": Result.PASS, "-": Result.FAIL, "~": Result.SOFTFAIL, "?": Result.NEUTRAL}


class ProblemKind(StrEnum):
    """What stood in the way of a result."""

    NO_RECORD = "no SPF record"
    NO_SUCH_NAME = "no such name"
    MALFORMED_NAME = "not a name that can be asked"
    SEVERAL_RECORDS = "several SPF records"
    SYNTAX = "syntax error"
    TERM_LIMIT = "more than 10 terms that look something up"
    VOID_LIMIT = "more than 2 void look-ups"
    EXCHANGER_LIMIT = "more than 10 exchangers"
    LOOKUP_FAILED = "look-up failed"


@dataclass(frozen=True, slots=True)
class Problem:
    """What broke: at which name's record, in which term (empty: the record itself), and the detail. Hostile."""

    kind: ProblemKind
    name: str
    term: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """The term that decided and the name whose record holds it."""

    name: str
    term: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result and its working. `terms`, `voids`: counted up to the decision. `matched` is the
    domain's own directive (an include that passed, say), or that of the record it redirects to; `path` leads
    through every redirect and include to the term that decided. `explanation` is the domain's own text on
    fail, or empty: hostile."""

    result: Result
    explanation: str
    matched: Match | None
    path: tuple[Match, ...]
    terms: int
    voids: int
    void_queries: int
    problem: Problem | None
    address_family: Literal["ipv4", "ipv6"]


class _Stop(Exception):
    """Ends the evaluation at once with permerror or temperror (RFC 7208 2.6.6, 2.6.7)."""

    def __init__(self, result: Result, problem: Problem) -> None:
        self.result = result
        self.problem = problem


@dataclass(frozen=True, slots=True)
class _Decision:
    """What one record says: result, the terms that led to it, and where an explanation may stand."""

    result: Result
    path: tuple[Match, ...] = ()
    problem: Problem | None = None
    explained_by: tuple[str, Macro] | None = None


async def check_host(
    ip: str | IPAddress,
    domain: str,
    sender: str,
    helo: str | None = None,
    *,
    resolver: Resolver,
    voids: Voids = "term",
    explain: bool = True,
) -> Outcome:
    """Evaluate SPF for one connection (RFC 7208 4.1).

    `ip`: the sending address; `domain`: whose record is asked; `sender`: MAIL FROM (or postmaster@HELO);
    `helo`: the sender's domain if not given. `explain=False` spares the look-ups of `exp=`. Never raises for
    what the DNS says; ValueError for an `ip` that is none.
    """
    return await _Evaluation(ip, domain, sender, helo, resolver, voids).run(explain)


class _Evaluation:
    """The state of one check: the counts are for the whole check, however deep the includes."""

    def __init__(
        self,
        ip: str | IPAddress,
        domain: str,
        sender: str,
        helo: str | None,
        resolver: Resolver,
        voids: Voids,
    ) -> None:
        address = ip_address(ip) if isinstance(ip, str) else ip
        # An IPv4-mapped IPv6 address is an IPv4 address (RFC 7208 5).
        self.ip = (isinstance(address, IPv6Address) and address.ipv4_mapped) or address
        self.domain = domain.rstrip(".").lower()
        local, at, sender_domain = sender.rpartition("@")
        self.local = (local if at else "") or "postmaster"  # RFC 7208 4.3
        self.sender_domain = sender_domain or self.domain
        self.helo = helo or self.sender_domain
        self.resolver = resolver
        self.count_queries = voids == "query"
        self.terms = 0
        self.void_terms = 0
        self.void_queries = 0
        self._names: tuple[str, ...] | None = None

    @property
    def address_type(self) -> RecordType:
        return RecordType.A if isinstance(self.ip, IPv4Address) else RecordType.AAAA

    async def run(self, explain: bool) -> Outcome:
        try:
            decision = await self._check(self.domain)
        except _Stop as stop:
            decision = _Decision(stop.result, problem=stop.problem)
        text = ""
        if explain and decision.result is Result.FAIL and decision.explained_by:
            text = await self._explain(*decision.explained_by)
        return Outcome(
            result=decision.result,
            explanation=text,
            matched=next((m for m in decision.path if not m.term.lower().startswith("redirect=")), None),
            path=decision.path,
            terms=self.terms,
            voids=self.void_queries if self.count_queries else self.void_terms,
            void_queries=self.void_queries,
            problem=decision.problem,
            address_family="ipv4" if isinstance(self.ip, IPv4Address) else "ipv6",
        )

    # One record

    async def _check(self, name: str, via: str = "") -> _Decision:
        """check_host() for one domain; `via` is the term that led here, for what is told."""
        if not usable(name) or "." not in name:  # RFC 7208 4.3
            return _Decision(Result.NONE, problem=Problem(ProblemKind.MALFORMED_NAME, name, via))
        found = await self._lookup(name, RecordType.TXT)
        if isinstance(found, LookupFailed):
            self._temperror(name, via, found)
        if isinstance(found, Absent):
            kind = ProblemKind.NO_SUCH_NAME if found.nxdomain else ProblemKind.NO_RECORD
            return _Decision(Result.NONE, problem=Problem(kind, name, via))
        records = record.select(found.texts)
        if not records:
            return _Decision(Result.NONE, problem=Problem(ProblemKind.NO_RECORD, name, via))
        if len(records) > 1:  # RFC 7208 4.5
            self._permerror(ProblemKind.SEVERAL_RECORDS, name, via, f"{len(records)} records")
        parsed = record.parse(records[0])
        if parsed.problems:  # RFC 7208 4.6: anywhere in the record
            first = parsed.problems[0]
            self._permerror(ProblemKind.SYNTAX, name, first.text, f"expected {first.expected}")
        return await self._evaluate(name, parsed)

    async def _evaluate(self, name: str, parsed: Record) -> _Decision:
        for directive in parsed.directives:
            inner = await self._matches(name, directive)
            if inner is not None:
                explained_by = (name, parsed.exp.domain) if parsed.exp and parsed.exp.domain else None
                here = Match(name, directive.text)
                return _Decision(_OF_QUALIFIER[directive.qualifier], (here, *inner), None, explained_by)
        redirect = parsed.redirect
        if redirect is None or redirect.domain is None:
            return _Decision(Result.NEUTRAL)  # RFC 7208 4.7
        self._count_term(name, redirect.text)
        decision = await self._check(await self._expand(redirect.domain, name), redirect.text)
        if decision.result is Result.NONE:  # RFC 7208 6.1
            problem = decision.problem or Problem(ProblemKind.NO_RECORD, name, redirect.text)
            raise _Stop(Result.PERMERROR, problem)
        here = Match(name, redirect.text)
        path = (here, *decision.path) if decision.path else ()
        return _Decision(decision.result, path, decision.problem, decision.explained_by)

    # One term: None if it does not match, else the terms below it that did

    async def _matches(self, name: str, directive: Directive) -> tuple[Match, ...] | None:
        if not directive.costs_lookup:
            network = directive.network
            return () if network is None or self._inside(self.ip, network) else None
        self._count_term(name, directive.text)
        target = await self._expand(directive.domain, name)
        match directive.mechanism:
            case Mechanism.INCLUDE:
                return await self._include(name, directive, target)
            case Mechanism.A:
                return await self._a(name, directive, target)
            case Mechanism.MX:
                return await self._mx(name, directive, target)
            case Mechanism.PTR:
                return await self._ptr(name, directive, target)
            case _:
                return await self._exists(name, directive, target)

    async def _include(self, name: str, directive: Directive, target: str) -> tuple[Match, ...] | None:
        decision = await self._check(target, directive.text)
        if decision.result is Result.NONE:  # RFC 7208 5.2
            problem = decision.problem or Problem(ProblemKind.NO_RECORD, target, directive.text)
            raise _Stop(Result.PERMERROR, problem)
        return decision.path if decision.result is Result.PASS else None

    async def _a(self, name: str, directive: Directive, target: str) -> tuple[Match, ...] | None:
        found = await self._lookup(target, self.address_type)
        if isinstance(found, LookupFailed):
            self._temperror(name, directive.text, found)
        if isinstance(found, Absent):
            self._count_void_term(name, directive.text, target)
            return None
        return () if self._any_matches(found.values, directive) else None

    async def _mx(self, name: str, directive: Directive, target: str) -> tuple[Match, ...] | None:
        found = await self._lookup(target, RecordType.MX)
        if isinstance(found, LookupFailed):
            self._temperror(name, directive.text, found)
        if isinstance(found, Absent):
            self._count_void_term(name, directive.text, target)
            return None
        if len(found.exchangers) > MAX_NAMES:
            count = f"{len(found.exchangers)} exchangers"
            self._permerror(ProblemKind.EXCHANGER_LIMIT, name, directive.text, count)
        hosts = [mx.exchange for mx in found.exchangers if mx.exchange]
        answers = await self._lookup_all(hosts, self.address_type, name, directive.text)
        empty = True
        for answer in answers:  # in order of preference, so that a failure after the match does not matter
            if isinstance(answer, LookupFailed):
                self._temperror(name, directive.text, answer)
            if isinstance(answer, Absent):
                continue
            empty = False
            if self._any_matches(answer.values, directive):
                return ()
        if empty:
            self._count_void_term(name, directive.text, target)
        return None

    async def _ptr(self, name: str, directive: Directive, target: str) -> tuple[Match, ...] | None:
        names = await self._validated_names(name, directive.text, is_term=True)
        return () if any(n == target or n.endswith("." + target) for n in names) else None

    async def _exists(self, name: str, directive: Directive, target: str) -> tuple[Match, ...] | None:
        found = await self._lookup(target, RecordType.A)  # A also for IPv6 senders: RFC 7208 5.7
        if isinstance(found, LookupFailed):
            self._temperror(name, directive.text, found)
        if isinstance(found, Absent):
            self._count_void_term(name, directive.text, target)
            return None
        return ()

    async def _validated_names(self, name: str, term: str, *, is_term: bool) -> tuple[str, ...]:
        """The names of the sending address that point back to it (RFC 7208 5.5); errors only mean fewer names."""
        if self._names is None:
            reverse = self.ip.reverse_pointer
            found = await self._lookup(reverse, RecordType.PTR)
            if isinstance(found, Absent) and is_term:
                self._count_void_term(name, term, reverse)
            if isinstance(found, (Absent, LookupFailed)):
                return ()
            names = found.values[:MAX_NAMES]
            answers = await self._lookup_all(names, self.address_type, name, term)
            self._names = tuple(
                n.lower()
                for n, answer in zip(names, answers, strict=True)
                if not isinstance(answer, (Absent, LookupFailed)) and str(self.ip) in answer.values
            )
        return self._names

    # Macros

    async def _expand(self, domain: Macro | None, current: str) -> str:
        if domain is None:
            return current
        if (literal := domain.literal) is not None and len(literal) <= 253:
            return literal.removesuffix(".").lower()
        return macro.expand_domain(domain, await self._values(domain, current))

    async def _values(self, text: Macro, current: str) -> Values:
        validated = "unknown"
        if "p" in text.letters:
            names = await self._validated_names(current, text.text, is_term=False)
            validated = _best_name(names, current)
        return Values(
            local=self.local,
            sender_domain=self.sender_domain,
            domain=current,
            ip=str(self.ip) if isinstance(self.ip, IPv4Address) else ".".join(f"{int(self.ip):032X}"),
            readable_ip=str(self.ip),
            version="in-addr" if isinstance(self.ip, IPv4Address) else "ip6",
            helo=self.helo,
            validated=validated,
            timestamp=int(time.time()),
        )

    async def _explain(self, current: str, domain: Macro) -> str:
        """The domain's explanation, or nothing when anything at all is wrong with it (RFC 7208 6.2)."""
        found = await self.resolver.lookup(await self._expand(domain, current), RecordType.TXT)
        if isinstance(found, (Absent, LookupFailed)) or len(found.texts) != 1:
            return ""
        try:
            text = found.texts[0].octets.decode("ascii")
            parsed = macro.parse(text, macro.EXPLANATION_LETTERS, spaces=True)
            return macro.expand(parsed, await self._values(parsed, current))
        except (UnicodeDecodeError, MacroError, _Stop):
            return ""

    # Look-ups, limits and ends

    async def _lookup(self, name: str, type: RecordType, term: str = "") -> LookupResult:
        if not usable(name):  # cannot be asked: no query, so nothing void
            return Absent(name, type, nxdomain=True)
        found = await self.resolver.lookup(name, type)
        self._note(found, term)
        return found

    async def _lookup_all(
        self, names: list[str] | tuple[str, ...], type: RecordType, name: str, term: str
    ) -> list[LookupResult]:
        async def one(target: str) -> LookupResult:
            if not usable(target):
                return Absent(target, type, nxdomain=True)
            return await self.resolver.lookup(target, type)

        found = [await one(names[0])] if len(names) == 1 else list(await asyncio.gather(*map(one, names)))
        for answer in found:
            self._note(answer, term)
        return found

    def _note(self, found: LookupResult, term: str) -> None:
        if isinstance(found, Absent):
            self.void_queries += 1
            if self.count_queries and self.void_queries > MAX_VOIDS:
                self._permerror(ProblemKind.VOID_LIMIT, found.name, term)

    def _count_term(self, name: str, term: str) -> None:
        self.terms += 1
        if self.terms > MAX_TERMS:
            self._permerror(ProblemKind.TERM_LIMIT, name, term)

    def _count_void_term(self, name: str, term: str, target: str) -> None:
        self.void_terms += 1
        if not self.count_queries and self.void_terms > MAX_VOIDS:
            self._permerror(ProblemKind.VOID_LIMIT, name, term, target)

    @staticmethod
    def _permerror(kind: ProblemKind, name: str, term: str = "", detail: str = "") -> NoReturn:
        raise _Stop(Result.PERMERROR, Problem(kind, name, term, detail))

    @staticmethod
    def _temperror(name: str, term: str, failed: LookupFailed) -> NoReturn:
        detail = f"{failed.name} {failed.type}: {failed.reason}" + (
            f" from {failed.server}" if failed.server else ""
        )
        raise _Stop(Result.TEMPERROR, Problem(ProblemKind.LOOKUP_FAILED, name, term, detail))

    def _any_matches(self, addresses: tuple[str, ...], directive: Directive) -> bool:
        length = directive.cidr4 if isinstance(self.ip, IPv4Address) else directive.cidr6
        shift = self.ip.max_prefixlen - length
        return any(int(ip_address(a)) >> shift == int(self.ip) >> shift for a in addresses)

    @staticmethod
    def _inside(ip: IPAddress, network: Network) -> bool:
        return ip.version == network.version and ip in network


def _best_name(names: tuple[str, ...], domain: str) -> str:
    """The `p` macro: the domain itself, else a name below it, else any, else "unknown" (RFC 7208 7.3)."""
    if domain in names:
        return domain
    below = [n for n in names if n.endswith("." + domain)]
    return (below or list(names) or ["unknown"])[0]
