"""The addresses in a company's profile: the e-mail that replies go to, and From."""

from __future__ import annotations

from dataclasses import dataclass

from checks import domain_name
from checks.company import AddressState, Company, SendingMethod
from checks.domain_name import Address, BadName
from checks.model import Evidence, Finding, Rule, Severity, Topic
from checks.mx import rules as mx_rules
from checks.mx.exchangers import MxFacts

MISSING = Rule(
    "PROFILE_EMAIL_MISSING",
    Topic.ADDRESS,
    Severity.FAILURE,
    "The company has not filled in its profile e-mail.",
    "Replies and failure messages have nowhere to go, and the company is marked with a red exclamation mark.",
    "Ask the company to fill in an e-mail address in its profile and to click the link in the validation mail.",
    "Platform profile",
)
MALFORMED = Rule(
    "PROFILE_EMAIL_MALFORMED",
    Topic.ADDRESS,
    Severity.FAILURE,
    "The profile e-mail is not an e-mail address.",
    "Nothing can be sent to it, so it cannot be validated either.",
    "Ask the company to correct the address in its profile.",
    "RFC 5321 4.1.2",
)
UNREACHABLE = Rule(
    "PROFILE_EMAIL_UNREACHABLE",
    Topic.ADDRESS,
    Severity.FAILURE,
    "The domain of the profile e-mail, {about}, takes no mail.",
    "Replies and failure messages cannot be delivered.",
    "Ask the company for an address that works, or to mend the MX record of its domain.",
    "RFC 5321 5.1, RFC 7505",
)
NOT_VALIDATED = Rule(
    "PROFILE_EMAIL_NOT_VALIDATED",
    Topic.ADDRESS,
    Severity.FAILURE,
    "The profile e-mail has not been validated.",
    "Nobody has shown that the address is the company's and that mail arrives there.",
    "Send the validation mail again and ask the company to click its link; it may be in the spam folder.",
    "Platform profile",
)
LOOKUP_FAILED = Rule(
    "PROFILE_EMAIL_LOOKUP_FAILED",
    Topic.ADDRESS,
    Severity.UNKNOWN,
    "Whether the domain of the profile e-mail, {about}, takes mail could not be looked up.",
    "A name server did not answer. This says nothing about the address.",
    "Check again later. If it lasts, the company's DNS provider has an outage.",
    "RFC 5321 5.1",
)
FROM_MALFORMED = Rule(
    "FROM_ADDRESS_MALFORMED",
    Topic.ADDRESS,
    Severity.FAILURE,
    "The From address of the company is not an e-mail address.",
    "Mail cannot be sent in its name.",
    "Ask the company to correct the address in its sending settings.",
    "RFC 5322 3.4.1",
)
FROM_TAKES_NO_MAIL = Rule(
    "FROM_DOMAIN_TAKES_NO_MAIL",
    Topic.ADDRESS,
    Severity.WARNING,
    "The domain of the From address, {about}, takes no mail.",
    "Answers to the From address are lost, and some receivers refuse mail from a domain that takes none.",
    "Ask the company to send from a domain that takes mail, or to publish an MX record.",
    "RFC 7505 4.2",
)

RULES = (
    MISSING,
    MALFORMED,
    UNREACHABLE,
    NOT_VALIDATED,
    LOOKUP_FAILED,
    FROM_MALFORMED,
    FROM_TAKES_NO_MAIL,
)


@dataclass(frozen=True, slots=True)
class Profile:
    """A company's addresses, split. None: not filled in, or malformed; then the reason says what is wrong."""

    email: Address | None
    email_problem: str
    sender: Address | None
    sender_problem: str

    @property
    def domain(self) -> str:
        """The From domain: that of the From address, else of the profile e-mail; empty without one."""
        if self.sender_problem:
            return ""
        address = self.sender or self.email
        return address.domain if address else ""

    @property
    def local(self) -> str:
        address = self.sender or self.email
        return address.local if address else ""


def read(company: Company) -> Profile:
    """Split the addresses as typed."""
    return Profile(*_split(company.email), *_split(company.from_address))


def _split(text: str) -> tuple[Address | None, str]:
    if not text.strip():
        return None, ""
    try:
        return domain_name.address(text.strip()), ""
    except BadName as problem:
        return None, str(problem)


def judge(
    company: Company, profile: Profile, email_mx: MxFacts | None, from_mx: MxFacts | None
) -> tuple[AddressState, tuple[Finding, ...]]:
    """The address column, the worst first, and every finding. None: there is no such domain to ask about."""
    found: list[tuple[AddressState, Finding]] = []
    if profile.email is None:
        state, rule = (
            (AddressState.MALFORMED, MALFORMED) if profile.email_problem else (AddressState.MISSING, MISSING)
        )
        found.append((state, _finding(rule, "", "an e-mail address", company.email)))
    else:
        takes_mail = email_mx.takes_mail if email_mx else None
        if email_mx and takes_mail is False:
            found.append((AddressState.UNREACHABLE, _about_mx(UNREACHABLE, email_mx)))
        elif email_mx and takes_mail is None:
            found.append((AddressState.UNKNOWN, _about_mx(LOOKUP_FAILED, email_mx)))
        if not company.email_validated:
            finding = _finding(NOT_VALIDATED, company.email, "the moment of validation", "not validated")
            found.append((AddressState.UNVALIDATED, finding))
    state = found[0][0] if found else AddressState.VALIDATED
    return state, (*(finding for _, finding in found), *_from_findings(company, profile, from_mx))


def _from_findings(company: Company, profile: Profile, mx: MxFacts | None) -> list[Finding]:
    if company.method is SendingMethod.PLATFORM:
        return []
    if profile.sender_problem:
        return [_finding(FROM_MALFORMED, "", profile.sender_problem, company.from_address)]
    return [_about_mx(FROM_TAKES_NO_MAIL, mx)] if mx and mx.takes_mail is False else []


def _about_mx(rule: Rule, mx: MxFacts) -> Finding:
    """With what decides about the domain's mail servers as evidence."""
    wanted = Severity.UNKNOWN if mx.takes_mail is None else Severity.FAILURE
    evidence = next((f.evidence for f in mx_rules.judge(mx) if f.severity is wanted), ())
    return Finding(rule.code, rule.severity, mx.domain, evidence)


def _finding(rule: Rule, about: str, expected: str, found: str) -> Finding:
    return Finding(rule.code, rule.severity, about, (Evidence(expected, found),))
