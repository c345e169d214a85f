"""One company's facts → one verdict, one next step.

`gather` waits for the DNS; `judge` is a pure function of what it brought. The words are the export's columns
(interfaces.md) and stand in `checks.company`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from checks import catalogue, profile
from checks.company import (
    AddressState,
    Company,
    Diagnosis,
    DmarcState,
    SenderOutcome,
    SendingMethod,
    SmtpState,
    SpfState,
)
from checks.dmarc import discover as dmarc
from checks.dmarc import older, receivers
from checks.dmarc import ours as our_mail
from checks.dmarc import rules as dmarc_rules
from checks.lookup import Asked, RecordType, Resolver, Witness, expect
from checks.model import Evidence, Finding, Severity, Topic
from checks.mx import exchangers as mx
from checks.mx import rules as mx_rules
from checks.platform import TENANT, Dkim, Fallback, Platform, address_text
from checks.profile import Profile
from checks.providers import provider_of
from checks.providers.shared import is_shared
from checks.smtp import rules as smtp_rules
from checks.smtp.standing import Standing
from checks.spf import ours as spf
from checks.spf import rules as spf_rules
from checks.spf.judge import judge as judge_spf
from checks.spf.memo import Memo
from checks.spf.outcome import Result
from checks.spf.tree import own_includes

__all__ = [
    "AddressState",
    "Company",
    "Diagnosis",
    "DmarcState",
    "Facts",
    "SenderOutcome",
    "SendingMethod",
    "SmtpState",
    "SpfState",
    "authentication",
    "diagnose",
    "diagnose_platform",
    "gather",
    "judge",
    "with_login",
]

_TIES = (Topic.ADDRESS, Topic.SMTP, Topic.SPF, Topic.DMARC, Topic.MX)


@dataclass(frozen=True, slots=True)
class Facts:
    """What was looked up for one company. None: there was no domain to ask about. `oldest`: epoch seconds
    of the oldest answer, or of now when nothing had to be asked. `login`: what is known of it, looked up by nobody
    here."""

    profile: Profile
    email_mx: mx.MxFacts | None
    from_mx: mx.MxFacts | None
    spf: spf.SpfFacts | None
    dmarc: dmarc.DmarcFacts | None
    oldest: float
    login: Standing | None = None

    @property
    def repeatable(self) -> bool:
        """Whether the same answers bring the same again: nothing was left unread for want of room or of time."""
        return self.spf is None or (self.spf.costs.complete and self.spf.costs.all_asked)


async def diagnose(
    company: Company,
    platform: Platform,
    resolver: Resolver,
    *,
    with_reports: bool = False,
    memo: Memo | None = None,
    login: Standing | None = None,
) -> Diagnosis:
    """Look up what this company's method needs, and judge it. `with_reports`: see `checks.dmarc.gather`; `memo`:
    see `checks.spf.memo`; `login`: what is known of the login with these settings."""
    facts = await gather(company, platform, resolver, with_reports=with_reports, memo=memo)
    return judge(company, platform, replace(facts, login=login) if login else facts)


def with_login(diagnosis: Diagnosis, company: Company, login: Standing | None) -> Diagnosis:
    """The diagnosis that the same facts give with this login. Nothing else changes, its times neither."""
    smtp, about = smtp_rules.judge(company, login)
    others = (f for f in diagnosis.findings if catalogue.RULES[f.rule].topic is not Topic.SMTP)
    findings = _sorted((*about, *others))
    verdict, cause = _verdict(findings)
    return replace(diagnosis, smtp=smtp, findings=findings, verdict=verdict, cause=cause)


async def diagnose_platform(platform: Platform, resolver: Resolver) -> Diagnosis | None:
    """The platform's own domain, judged like a company that sends as itself; None when it is not to be checked.

    A signature of the platform's is aligned here, since the domain is its own; the include is no matter.
    """
    if not platform.domain:
        return None
    address = f"postmaster@{platform.domain}"
    own = Company("", platform.domain, SendingMethod.OWN_ADDRESS, address, email_validated=True)
    dkim = Dkim.NONE if platform.dkim is Dkim.NONE else Dkim.TENANT
    itself = replace(platform, envelope=TENANT, dkim=dkim, fallback=Fallback.NONE)
    needless = (spf_rules.INCLUDE_NOT_FIRST.code, spf_rules.PASSES_WITHOUT_INCLUDE.code)
    diagnosis = await diagnose(own, itself, resolver)
    findings = tuple(f for f in diagnosis.findings if f.rule not in needless)
    verdict, cause = _verdict(findings)
    return replace(diagnosis, findings=findings, verdict=verdict, cause=cause)


async def gather(
    company: Company,
    platform: Platform,
    resolver: Resolver,
    *,
    with_reports: bool = False,
    memo: Memo | None = None,
) -> Facts:
    """Ask for everything that is known to be needed at once, then for what that leads to; what fails is a fact too."""
    witness = Witness(resolver)
    addresses = profile.read(company)
    expect(witness, _needed(addresses, platform))
    domain, email = addresses.domain, addresses.email.domain if addresses.email else ""
    email_mx = await mx.gather(email, witness) if email else None
    from_mx = email_mx if domain == email else await mx.gather(domain, witness) if domain else None
    spf_facts = await _spf(addresses, platform, witness, memo)
    dmarc_facts = await _dmarc(domain, platform, witness, with_reports)
    oldest = time.time() if witness.oldest is None else witness.oldest
    return Facts(addresses, email_mx, from_mx, spf_facts, dmarc_facts, oldest)


def _needed(addresses: Profile, platform: Platform) -> list[Asked]:
    """What is asked for a company whatever the answers are."""
    needed = [(addresses.email.domain, RecordType.MX)] if addresses.email else []
    if domain := addresses.domain:
        asked = platform.envelope_domain(domain) if platform.asks_company_spf else domain
        needed += [(domain, RecordType.MX), (asked or domain, RecordType.TXT), *dmarc.asked(domain)]
    return needed


async def _spf(
    addresses: Profile, platform: Platform, resolver: Resolver, memo: Memo | None
) -> spf.SpfFacts | None:
    domain = addresses.domain
    if not domain:
        return None
    asked = platform.envelope_domain(domain) if platform.asks_company_spf else domain
    shared = is_shared(domain)
    return await spf.gather(
        asked or domain, platform, resolver, local=addresses.local, shared=shared, memo=memo
    )


async def _dmarc(
    domain: str, platform: Platform, resolver: Resolver, with_reports: bool
) -> dmarc.DmarcFacts | None:
    if not domain:
        return None
    envelope = platform.envelope_domain(domain)
    return await dmarc.gather(domain, resolver, envelope_domain=envelope, with_reports=with_reports)


def judge(company: Company, platform: Platform, facts: Facts) -> Diagnosis:
    """The verdict and its working, from the facts alone."""
    address, about_address = profile.judge(company, facts.profile, facts.email_mx, facts.from_mx)
    smtp, about_smtp = smtp_rules.judge(company, facts.login)
    findings = _sorted(
        (
            *about_address,
            *about_smtp,
            *_about_spf(company, platform, facts),
            *_about_dmarc(company, platform, facts),
            *_about_mx(facts),
        )
    )
    verdict, cause = _verdict(findings)
    return Diagnosis(
        domain=facts.profile.domain,
        verdict=verdict,
        cause=cause,
        address=address,
        spf=facts.spf.state if facts.spf else SpfState.NONE,
        dmarc=facts.dmarc.state if facts.dmarc else DmarcState.NOTHING,
        smtp=smtp,
        provider=_provider(facts),
        findings=findings,
        senders=tuple(_sender(s, facts.spf) for s in facts.spf.senders) if facts.spf else (),
        spf_records=_spf_records(facts.spf),
        mx_records=_mx_records(facts),
        dmarc_record=_dmarc_record(facts.dmarc),
        checked_at=facts.oldest,
    )


def _verdict(findings: tuple[Finding, ...]) -> tuple[Severity, str]:
    """The worst finding that matters decides; ties go by topic."""
    decisive = [f for f in findings if f.matters and f.severity > Severity.OK]
    return (decisive[0].severity, decisive[0].rule) if decisive else (Severity.OK, "")


def _sorted(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Those that matter first, the worst first, then by topic; else as the checks gave them."""

    def order(finding: Finding) -> tuple[bool, int, int]:
        topic = catalogue.RULES[finding.rule].topic
        return not finding.matters, -finding.severity, _TIES.index(topic)

    return tuple(sorted(findings, key=order))


# SPF


def _about_spf(company: Company, platform: Platform, facts: Facts) -> list[Finding]:
    if facts.spf is None:
        return []
    found = list(judge_spf(facts.spf, platform))
    if company.method is not SendingMethod.OWN_ADDRESS:
        return [f.for_the_audit for f in found]
    if platform.asks_company_spf or facts.spf.shared:
        return _softened(found, platform)
    if platform.dkim is not Dkim.TENANT:
        evidence = Evidence(
            f"MAIL FROM at {facts.spf.domain}", platform.domain or "the platform's own domain"
        )
        rule = spf_rules.NOT_ASKED
        found.insert(0, Finding(rule.code, rule.severity, facts.spf.domain, (evidence,)))
    return [f if f.rule == spf_rules.NOT_ASKED.code else f.for_the_audit for f in found]


def _softened(found: list[Finding], platform: Platform) -> list[Finding]:
    """With a fallback, mail that does not pass arrives all the same, but not as the company: a WARNING."""
    if platform.fallback is Fallback.NONE:
        return found
    return [f if f.severity <= Severity.WARNING else replace(f, severity=Severity.WARNING) for f in found]


# DMARC

# What stands wrong in the policy record touches no mail of ours, but is a fault; its absence is none.
_FAULTS = frozenset(
    {
        dmarc_rules.SEVERAL_RECORDS.code,
        dmarc_rules.RECORD_INVALID.code,
        dmarc_rules.POLICY_COUNTS_AS_NONE.code,
        dmarc_rules.NEAR_MISS.code,
        dmarc_rules.TAG_BROKEN.code,
    }
)


def _about_dmarc(company: Company, platform: Platform, facts: Facts) -> list[Finding]:
    if facts.dmarc is None or facts.spf is None:
        return []
    about_record = list(dmarc_rules.judge(facts.dmarc))
    if company.method is not SendingMethod.OWN_ADDRESS:
        return [f.for_the_audit for f in (*about_record, *older.judge(facts.dmarc))]
    seen = _seen(platform, facts.dmarc, facts.spf)
    decides = {dmarc_rules.LOOKUP_FAILED.code} if seen.mail.turned_away is None else set()
    found = [f if f.rule in _FAULTS | decides else f.for_the_audit for f in about_record]
    told = (*_about_our_mail(seen, platform, facts.dmarc), *_about_older(platform, facts, seen))
    return _softened(list(told), platform) + found + list(receivers.judge(seen))


def authentication(platform: Platform, facts: Facts) -> receivers.Authentication | None:
    """What receivers see of our mail in the company's name, for `checks.dmarc.receivers`; None without a domain."""
    return _seen(platform, facts.dmarc, facts.spf) if facts.dmarc and facts.spf else None


def _seen(platform: Platform, facts: dmarc.DmarcFacts, about_spf: spf.SpfFacts) -> receivers.Authentication:
    """With the platform's own envelope SPF is the platform's to pass, and its domain is checked apart."""
    asked = platform.asks_company_spf
    # Nobody but its provider can publish a key at a shared domain.
    dkim_aligned = platform.dkim is Dkim.TENANT and not about_spf.shared
    mail = our_mail.for_our_mail(
        facts,
        from_domain=facts.from_domain,
        spf_passes=about_spf.passes if asked else None,
        envelope_domain=platform.envelope_domain(facts.from_domain),
        dkim_aligned=dkim_aligned,
    )
    return receivers.Authentication(
        from_domain=facts.from_domain,
        mail=mail,
        spf=about_spf.passes if asked else platform.domain is not None or None,
        spf_refuses=asked and any(s.outcome.result is Result.FAIL for s in about_spf.senders),
        dkim=dkim_aligned or platform.dkim is Dkim.PLATFORM,
        dkim_aligned=dkim_aligned,
    )


def _about_older(platform: Platform, facts: Facts, seen: receivers.Authentication) -> tuple[Finding, ...]:
    if facts.dmarc is None:
        return ()
    then = older.for_our_mail(
        facts.dmarc,
        spf_passes=seen.spf,
        envelope_domain=platform.envelope_domain(seen.from_domain),
        dkim_aligned=seen.dkim_aligned,
    )
    return older.judge(facts.dmarc, seen.mail, then)


def _about_our_mail(
    seen: receivers.Authentication, platform: Platform, facts: dmarc.DmarcFacts
) -> list[Finding]:
    mail, domain = seen.mail, seen.from_domain
    found = f"policy {mail.policy} at {domain}"
    if mail.turned_away:
        rule = dmarc_rules.TURNS_OUR_MAIL_AWAY
        spf_falls_short = our_mail.why_spf_does_not_vouch(facts, mail, platform.envelope_domain(domain))
        signed = "the DKIM signature is not the company's" if seen.dkim else "there is no DKIM signature"
        found = f"{spf_falls_short}, and {signed}; {found}"
    elif mail.rests_on_spf_alone:
        rule = dmarc_rules.RESTS_ON_SPF_ALONE
    else:
        return []
    policy = Evidence("SPF or DKIM that passes for an aligned domain", found)
    published = Evidence("as published", _dmarc_record(facts))
    return [Finding(rule.code, rule.severity, domain, (policy, published))]


# MX


def _about_mx(facts: Facts) -> list[Finding]:
    """The mail servers' health; whether the addresses work is said in the profile's own findings."""
    asked = {f.domain: f for f in (facts.email_mx, facts.from_mx) if f}
    return [f.for_the_audit for one in asked.values() for f in mx_rules.judge(one)]


def _provider(facts: Facts) -> str:
    about = facts.from_mx or facts.email_mx
    return provider_of(about.exchangers, _own_includes(about.domain, facts.spf)) if about else ""


def _own_includes(domain: str, about_spf: spf.SpfFacts | None) -> list[str]:
    return own_includes(about_spf.tree, domain) if about_spf and about_spf.domain == domain else []


# As published


def _sender(sender: spf.Sender, facts: spf.SpfFacts) -> SenderOutcome:
    outcome = sender.outcome
    problem = outcome.problem
    return SenderOutcome(
        address=address_text(sender.address),
        envelope=facts.domain,
        result=outcome.result,
        matched_name=outcome.matched.name if outcome.matched else "",
        matched_term=outcome.matched.term if outcome.matched else "",
        terms=outcome.terms,
        voids=outcome.voids,
        problem=": ".join(filter(None, (problem.kind, problem.name, problem.term, problem.detail)))
        if problem
        else "",
    )


def _spf_records(facts: spf.SpfFacts | None) -> tuple[str, ...]:
    return tuple(r.text for r in facts.tree.root.records) if facts else ()


def _mx_records(facts: Facts) -> tuple[str, ...]:
    about = facts.from_mx or facts.email_mx
    return tuple(f"{r.preference} {r.exchange or '.'}" for r in about.records) if about else ()


def _dmarc_record(facts: dmarc.DmarcFacts | None) -> str:
    found = facts.applied if facts else None
    return found.record.text if found else ""
