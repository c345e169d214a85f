"""check_host() of RFC 7208 4: the one evaluator, for every screen, export, what-if and bounce."""

from __future__ import annotations

from functools import lru_cache

from checks.lookup import Absent, LookupFailed, RecordType, Resolver, usable
from checks.platform import IPAddress
from checks.spf import macro, record
from checks.spf.connection import Connection, a_labels
from checks.spf.counting import Counted, Stop, permerror, temperror
from checks.spf.macro import Macro, MacroError, Values
from checks.spf.memo import Decision, Memo, Remembered
from checks.spf.outcome import (
    MAX_NAMES,
    OF_QUALIFIER,
    Match,
    Outcome,
    Problem,
    ProblemKind,
    Result,
    Voids,
)
from checks.spf.record import Directive, Mechanism, Modifier, Record
from checks.spf.trace import Tracer

MAX_EXPLANATION = 4096
"""Characters. No reply of a mail server holds as much (RFC 5321 4.5.3.1.5: 512 octets a line)."""


async def check_host(
    ip: str | IPAddress,
    domain: str,
    sender: str,
    helo: str | None = None,
    *,
    resolver: Resolver,
    voids: Voids = "term",
    explain: bool = True,
    trace: bool = False,
    memo: Memo | None = None,
) -> Outcome:
    """Evaluate SPF for one connection (RFC 7208 4.1).

    `ip`: the sending address; `domain`: whose record is asked; `sender`: MAIL FROM (or postmaster@HELO);
    `helo`: the sender's domain if not given. `explain=False` spares the look-ups of `exp=`; `trace` fills
    `Outcome.steps`; `memo` (ignored with a trace) makes many checks over the same records cheap. Never raises
    for what the DNS says; ValueError for an `ip` that is none.
    """
    return await _Evaluation(ip, domain, sender, helo, resolver, voids, trace, memo).run(explain)


class _Evaluation:
    """The state of one check: the counts are for the whole check, however deep the includes."""

    __slots__ = (
        *("_nameless", "_names"),
        *("connection", "counted", "domain", "memo", "personal", "resolver", "tracer"),
    )

    def __init__(
        self,
        ip: str | IPAddress,
        domain: str,
        sender: str,
        helo: str | None,
        resolver: Resolver,
        voids: Voids,
        trace: bool,
        memo: Memo | None,
    ) -> None:
        self.domain = a_labels(domain)
        self.connection = Connection(ip, self.domain, sender, helo)
        self.resolver = resolver
        self.tracer = Tracer() if trace else None
        self.counted = Counted(resolver, voids == "query", self.tracer)
        self.memo = None if trace else memo
        self.personal = 0
        """How often something was asked that depends on more than a name and the sending address."""
        self._names: tuple[str, ...] | None = None
        self._nameless = False
        """Whether a ptr found that the address has no names: a void term once, however many ptr ask again."""

    async def run(self, explain: bool) -> Outcome:
        if self.tracer:
            self.tracer.begin(self.domain, "")
        try:
            decision = await self._check(self.domain, ends="")
        except Stop as stop:
            decision = Decision(stop.result, problem=stop.problem)
        steps = self.tracer.steps(self.counted.terms, self.counted.voids) if self.tracer else ()
        self.counted.decided = True
        text = ""
        if explain and decision.result is Result.FAIL and decision.explained_by:
            text = await self._explain(*decision.explained_by)
        return Outcome(
            result=decision.result,
            explanation=text,
            matched=_directive(decision.path),
            path=decision.path,
            terms=self.counted.terms,
            voids=self.counted.voids,
            void_queries=self.counted.void_queries,
            problem=decision.problem,
            address_family="ipv4" if self.connection.version == 4 else "ipv6",
            steps=steps,
        )

    # One record

    async def _check(self, name: str, via: str = "", ends: str | None = None) -> Decision:
        """check_host() for one domain. `via` is the term that led here; `ends`: how the step that looks up this
        record ends in a trace, when that is here (an include's ends only when all of it was evaluated)."""
        if not _is_domain(name):  # RFC 7208 4.3
            return Decision(Result.NONE, problem=Problem(ProblemKind.MALFORMED_NAME, name, via))
        found = await self.counted.lookup(name, RecordType.TXT)
        if isinstance(found, LookupFailed):
            temperror(name, via, found)
        if isinstance(found, Absent):
            kind = ProblemKind.NO_SUCH_NAME if found.nxdomain else ProblemKind.NO_RECORD
            return Decision(Result.NONE, problem=Problem(kind, name, via))
        records = record.published(found.records)
        if not records:
            return Decision(Result.NONE, problem=Problem(ProblemKind.NO_RECORD, name, via))
        if len(records) > 1:  # RFC 7208 4.5
            permerror(ProblemKind.SEVERAL_RECORDS, name, via, f"{len(records)} records")
        parsed = records[0]
        if parsed.problems:  # RFC 7208 4.6: anywhere in the record
            first = parsed.problems[0]
            permerror(ProblemKind.SYNTAX, name, first.text, f"expected {first.expected}")
        if self.tracer and ends is not None:
            self.tracer.end(ends, self.counted.terms, self.counted.voids)
        return await self._evaluate(name, parsed)

    async def _evaluate(self, name: str, parsed: Record) -> Decision:
        number, version = self.connection.number, self.connection.version
        for directive in parsed.directives:
            if self.tracer:
                self.tracer.begin(name, directive.text, directive.qualifier)
            inner: tuple[Match, ...] | None = ()
            if directive.costs_lookup:
                inner = await self._matches(name, directive)
            elif (span := directive.span) and (span[0] != version or not span[1] <= number <= span[2]):
                inner = None
            if self.tracer:
                self.tracer.end(
                    "no match" if inner is None else "matches", self.counted.terms, self.counted.voids
                )
            if inner is not None:
                explained_by = (name, parsed.exp.domain) if parsed.exp and parsed.exp.domain else None
                here = Match(name, directive.text)
                return Decision(OF_QUALIFIER[directive.qualifier], (here, *inner), None, explained_by)
        if parsed.redirect is None:
            return Decision(Result.NEUTRAL)  # RFC 7208 4.7
        return await self._redirect(name, parsed.redirect)

    async def _redirect(self, name: str, redirect: Modifier) -> Decision:
        if self.tracer:
            self.tracer.begin(name, redirect.text)
        self.counted.term(name, redirect.text)
        decision = await self._check(
            await self._expand(redirect.domain, name), redirect.text, ends="followed"
        )
        if decision.result is Result.NONE:  # RFC 7208 6.1
            problem = decision.problem or Problem(ProblemKind.NO_RECORD, name, redirect.text)
            raise Stop(Result.PERMERROR, problem)
        here = Match(name, redirect.text)
        path = (here, *decision.path) if decision.path else ()
        return Decision(decision.result, path, decision.problem, decision.explained_by)

    # One term that looks something up: None if it does not match, else the terms below it that did

    async def _matches(self, name: str, directive: Directive) -> tuple[Match, ...] | None:
        self.counted.term(name, directive.text)
        target = await self._expand(directive.domain, name)
        if not target.isascii():  # the sender's local part: RFC 8616 4
            return None
        if directive.mechanism is not Mechanism.INCLUDE and not usable(
            target
        ):  # cannot be asked, so nothing is void
            return None
        match directive.mechanism:
            case Mechanism.INCLUDE:
                return await self._include(directive, target)
            case Mechanism.A:
                return await self._a(name, directive, target)
            case Mechanism.MX:
                return await self._mx(name, directive, target)
            case Mechanism.PTR:
                return await self._ptr(name, directive, target)
            case _:
                return await self._exists(name, directive, target)

    async def _include(self, directive: Directive, target: str) -> tuple[Match, ...] | None:
        decision = self._recall(self.memo, target) if self.memo else None
        if decision is None:
            decision = await self._ask_include(directive, target)
        if decision.result is Result.NONE:  # RFC 7208 5.2
            problem = decision.problem or Problem(ProblemKind.NO_RECORD, target, directive.text)
            raise Stop(Result.PERMERROR, problem)
        return decision.path if decision.result is Result.PASS else None

    async def _ask_include(self, directive: Directive, target: str) -> Decision:
        before, personal = self.counted.sums, self.personal
        if self.tracer:
            self.tracer.enter()
        decision = await self._check(target, directive.text)
        if self.tracer:
            self.tracer.leave()
        if self.memo and self.personal == personal and decision.result is not Result.NONE:
            spent = self.counted.since(before)
            self.memo.includes[target, self.connection.ip, self.counted.by_query] = Remembered(
                decision, *spent
            )
        return decision

    def _recall(self, memo: Memo, target: str) -> Decision | None:
        """What the include said before; None where counting that runs into a limit, to tell where it breaks."""
        known = memo.includes.get((target, self.connection.ip, self.counted.by_query))
        return known.decision if known and self.counted.again(known) else None

    async def _a(self, name: str, directive: Directive, target: str) -> tuple[Match, ...] | None:
        found = await self.counted.lookup(target, self.connection.address_type)
        if isinstance(found, LookupFailed):
            temperror(name, directive.text, found)
        if isinstance(found, Absent):
            self.counted.void_term(name, directive.text, target)
            return None
        return () if self.connection.is_among(found.values, directive) else None

    async def _mx(self, name: str, directive: Directive, target: str) -> tuple[Match, ...] | None:
        found = await self.counted.lookup(target, RecordType.MX)
        if isinstance(found, LookupFailed):
            temperror(name, directive.text, found)
        if isinstance(found, Absent):
            self.counted.void_term(name, directive.text, target)
            return None
        if len(found.exchangers) > MAX_NAMES:
            count = f"{len(found.exchangers)} exchangers"
            permerror(ProblemKind.EXCHANGER_LIMIT, name, directive.text, count)
        hosts = [mx.exchange for mx in found.exchangers if usable(mx.exchange)]
        answers = await self.counted.lookup_all(hosts, self.connection.address_type)
        empty = True
        for answer in answers:  # in order of preference, so that a failure after the match does not matter
            if isinstance(answer, LookupFailed):
                temperror(name, directive.text, answer)
            if isinstance(answer, Absent):
                continue
            empty = False
            if self.connection.is_among(answer.values, directive):
                return ()
        if empty:
            self.counted.void_term(name, directive.text, target)
        return None

    async def _ptr(self, name: str, directive: Directive, target: str) -> tuple[Match, ...] | None:
        names = await self._validated_names(name, directive.text, is_term=True)
        return () if any(n == target or n.endswith("." + target) for n in names) else None

    async def _exists(self, name: str, directive: Directive, target: str) -> tuple[Match, ...] | None:
        found = await self.counted.lookup(target, RecordType.A)  # A also for IPv6 senders: RFC 7208 5.7
        if isinstance(found, LookupFailed):
            temperror(name, directive.text, found)
        if isinstance(found, Absent):
            self.counted.void_term(name, directive.text, target)
            return None
        return ()

    async def _validated_names(self, name: str, term: str, *, is_term: bool) -> tuple[str, ...]:
        """The names of the sending address that point back to it (RFC 7208 5.5); errors only mean fewer names."""
        self.personal += 1  # asked once a check, so what it costs depends on who asked before
        if self._names is None:  # asked again each time in vain, as pyspf does: each is a void query
            reverse = self.connection.ip.reverse_pointer
            found = await self.counted.lookup(reverse, RecordType.PTR)
            if isinstance(found, Absent) and is_term and not self._nameless:
                self._nameless = True
                self.counted.void_term(name, term, reverse)
            if isinstance(found, (Absent, LookupFailed)):
                return ()
            names = [name for name in found.values[:MAX_NAMES] if usable(name)]
            answers = await self.counted.lookup_all(names, self.connection.address_type)
            self._names = tuple(
                n.lower()
                for n, answer in zip(names, answers, strict=True)
                if not isinstance(answer, (Absent, LookupFailed)) and str(self.connection.ip) in answer.values
            )
        return self._names

    # Macros

    async def _expand(self, domain: Macro | None, current: str) -> str:
        target = await self._expand_macro(domain, current) if domain else current
        if self.tracer:
            self.tracer.expanded(domain.text if domain else "", target)
        return target

    async def _expand_macro(self, domain: Macro, current: str) -> str:
        if domain.name is not None:
            return domain.name
        self.personal += 1
        if "p" in domain.letters:  # its PTR query counts too: RFC 7208 4.6.4
            self.counted.term(current, domain.text)
        return macro.expand_domain(domain, await self._values(domain, current))

    async def _values(self, text: Macro, current: str) -> Values:
        validated = "unknown"
        if "p" in text.letters:
            names = await self._validated_names(current, text.text, is_term=False)
            validated = _best_name(names, current)
        return self.connection.values(current, validated)

    async def _explain(self, current: str, domain: Macro) -> str:
        """The domain's explanation, or nothing when anything at all is wrong with it (RFC 7208 6.2)."""
        try:
            target = await self._expand(domain, current)
            if not (usable(target) and target.isascii()):
                return ""
            found = await self.resolver.lookup(target, RecordType.TXT)
            if isinstance(found, (Absent, LookupFailed)) or len(found.texts) != 1:
                return ""
            text = found.texts[0].octets.decode("ascii")
            parsed = macro.parse(text, macro.EXPLANATION_LETTERS, spaces=True)
            return macro.expand(parsed, await self._values(parsed, current), most=MAX_EXPLANATION)
        except (UnicodeDecodeError, MacroError):
            return ""


@lru_cache(maxsize=8192)
def _is_domain(name: str) -> bool:
    """Whether check_host() looks for a record there: two labels at least, no address in brackets."""
    return usable(name) and "." in name and name.isascii() and not name.startswith("[")


def _directive(path: tuple[Match, ...]) -> Match | None:
    """The first term on the way that is no redirect: a loop, as a generator costs more than all it looks at."""
    for match in path:
        if not match.term.lower().startswith("redirect="):
            return match
    return None


def _best_name(names: tuple[str, ...], domain: str) -> str:
    """The `p` macro: the domain itself, else a name below it, else any, else "unknown" (RFC 7208 7.3)."""
    if domain in names:
        return domain
    below = [n for n in names if n.endswith("." + domain)]
    return (below or list(names) or ["unknown"])[0]
