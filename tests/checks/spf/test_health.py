"""The health of a record for everybody: a zone, what must be said with its evidence, and what must not."""

from __future__ import annotations

import pytest

from checks.model import Severity
from tests.checks.spf.scenario import Scenario, evidence, is_told, record
from tests.checks.test_diagnosis import MX, told

OURS = "include:spf.sendwell.example"


HOSTS = "".join(f"h{n}.example A 198.51.100.{n}\n" for n in range(1, 5))
LONG = " ".join(f"ip4:203.0.113.{n}" for n in range(10, 40))

SCENARIOS = (
    Scenario(
        "what a healthy record costs",
        record(f"v=spf1 {OURS} mx -all"),
        {"SPF_BUDGET": "at most 10 terms that look something up → 2"},
        ("SPF_NO_ALL", "SPF_NAMED_TWICE", "SPF_ANSWER_TOO_LONG", "SPF_TERM_NAMES_NOTHING"),
    ),
    Scenario(
        "voids are counted for each address family",
        record(f"v=spf1 {OURS} a:h1.example a:h2.example a:h3.example -all", HOSTS),
        {
            "SPF_OVER_VOIDS_FOR_OTHERS": "IPv6 senders) → 3: a:h1.example (acme.example), a:h2.example (acme.example)",
            "SPF_BUDGET": "at most 2 void terms (IPv4 senders) → 0",
        },
        cause="",
    ),
    Scenario(
        "three names that do not exist break the record for others",
        record(f"v=spf1 {OURS} a:g1.example mx:g2.example exists:g3.example -all"),
        {
            "SPF_OVER_VOIDS_FOR_OTHERS": "IPv4 senders) → 3: a:g1.example (acme.example), mx:g2.example (acme.example)"
        },
        cause="SPF_OVER_VOIDS_FOR_OTHERS",
    ),
    Scenario(
        "a failed look-up makes the count a range, and is told with its server",
        record(f"v=spf1 {OURS} a:dark.example -all", "dark.example * !SERVFAIL\n"),
        {
            "SPF_BUDGET": "at most 2 void terms (IPv4 senders) → 0 to 1",
            "SPF_HEALTH_UNKNOWN": "an answer (A) → dark.example: servfail from zone",
        },
        ("SPF_TERM_NAMES_NOTHING",),
    ),
    Scenario(
        "a record that could not be read makes the count the least",
        record(f"v=spf1 {OURS} include:dark.example -all", "dark.example * !TIMEOUT\n"),
        {"SPF_BUDGET": "at most 10 terms that look something up → at least 2"},
        ("SPF_DEAD_INCLUDE",),
    ),
    Scenario(
        "a term that names nothing",
        record(f"v=spf1 {OURS} a:gone.example mx:gone.example exists:gone.example -all"),
        {
            "SPF_TERM_NAMES_NOTHING": "exists:gone.example in the record of acme.example: no A record at gone.example"
        },
    ),
    Scenario(
        "a term that names nothing in somebody else's record is theirs to mend",
        record(f"v=spf1 {OURS} include:i.example -all", "i.example TXT v=spf1 a:gone.example ~all\n"),
        never=("SPF_TERM_NAMES_NOTHING",),
        cause="",
    ),
    Scenario(
        "a circle, with the way",
        record(f"v=spf1 {OURS} include:a.example -all", "a.example TXT v=spf1 include:acme.example ~all\n"),
        {
            "SPF_INCLUDE_LOOP": "include:acme.example: acme.example → a.example → acme.example",
            "SPF_BUDGET": "at least 3",
        },
    ),
    Scenario(
        "a record that includes itself",
        record(f"v=spf1 {OURS} include:acme.example -all"),
        {"SPF_INCLUDE_LOOP": "include:acme.example: acme.example → acme.example"},
    ),
    Scenario(
        "more than ten exchangers behind ours",
        MX
        + f"acme.example TXT v=spf1 {OURS} mx:many.example -all\n"
        + "".join(f"many.example MX {n} h{n}.example\n" for n in range(1, 12)),
        {"SPF_EXCHANGERS_FOR_OTHERS": "mx:many.example in the record of acme.example: 11"},
    ),
    Scenario(
        "an include of a record that does not parse",
        record(f"v=spf1 {OURS} include:i.example -all", "i.example TXT v=spf1 ipv4:1.2.3.4 ~all\n"),
        {
            "SPF_DEAD_INCLUDE": "include:i.example in the record of acme.example: ipv4:1.2.3.4 there does not parse"
        },
    ),
    *(
        Scenario(
            f"a range that no one holds: {term}",
            record(f"v=spf1 {OURS} {term} -all", HOSTS),
            {"SPF_PASS_NEARLY_ALL": f"{term} in the record of acme.example"},
            ("SPF_WIDE_RANGE",),
            "SPF_PASS_NEARLY_ALL",
        )
        for term in (
            "ip4:0.0.0.0/0",
            "ip4:128.0.0.0/1",
            "ip6:2000::/3",
            "a:h1.example/0",
            "mx//0",
            "ip4:16.0.0.0/7",
        )
    ),
    Scenario(
        "a wide network of one holder",
        record(f"v=spf1 {OURS} ip4:16.0.0.0/8 -all"),
        {"SPF_WIDE_RANGE": "ip4:16.0.0.0/8"},
        ("SPF_PASS_NEARLY_ALL",),
        "",
    ),
    Scenario(
        "a refusal of a wide range lets nobody pass",
        record(f"v=spf1 {OURS} -ip4:0.0.0.0/1 ~ip6:2000::/3 -all"),
        never=("SPF_PASS_NEARLY_ALL", "SPF_WIDE_RANGE"),
    ),
    Scenario(
        "a wide range behind -all or in a qualified include",
        record(
            f"v=spf1 {OURS} ?include:i.example -all ip4:0.0.0.0/0",
            "i.example TXT v=spf1 ip4:0.0.0.0/1 +all\n",
        ),
        never=("SPF_PASS_NEARLY_ALL", "SPF_PASS_ALL"),
    ),
    Scenario(
        "strings joined without a space",
        record(f'"v=spf1 {OURS} ip4:203.0.113.9" "ip4:203.0.113.10 -all"'),
        {"SPF_STRINGS_RUN_TOGETHER": "ip4:203.0.113.9 ip4:203.0.113.10 → ip4:203.0.113.9ip4:203.0.113.10"},
    ),
    Scenario(
        "strings joined where one name was split",
        record(f'"v=spf1 {OURS} include:i.exam" "ple -all"', "i.example TXT v=spf1 ~all\n"),
        never=("SPF_STRINGS_RUN_TOGETHER",),
        cause="",
    ),
    *(
        Scenario(
            f"a term that cannot be meant so: {term}",
            record(f"v=spf1 {OURS} {term}"),
            {"SPF_TERM_NOT_AS_MEANT": f"{meant} → {term} in the record"},
        )
        for term, meant in (
            ("include:i.example-all", "include:i.example -all"),
            ("include:https://i.example", "include:i.example"),
            ("ip4=203.0.113.9", "ip4:203.0.113.9"),
            ("include:i.example,j.example", "include:i.example include:j.example"),
        )
    ),
    Scenario(
        "an unknown modifier that means nothing to us is left alone",
        record(f"v=spf1 {OURS} ra=postmaster x=y exp=why.example -all"),
        never=("SPF_TERM_NOT_AS_MEANT",),
        cause="",
    ),
    Scenario(
        "terms behind all",
        record(f"v=spf1 {OURS} -all mx ip4:203.0.113.9"),
        {"SPF_TERMS_AFTER_ALL": "ip4:203.0.113.9 in the record of acme.example"},
        cause="SPF_TERMS_AFTER_ALL",
    ),
    Scenario(
        "a redirect beside all",
        record(f"v=spf1 {OURS} redirect=i.example -all", "i.example TXT v=spf1 ~all\n"),
        {"SPF_REDIRECT_BESIDE_ALL": "redirect=i.example"},
        ("SPF_DEAD_INCLUDE",),
        "SPF_REDIRECT_BESIDE_ALL",
    ),
    Scenario("ptr", record(f"v=spf1 {OURS} ptr -all"), {"SPF_PTR": "ptr in the record"}, cause="SPF_PTR"),
    Scenario(
        "?all is no fault",
        record(
            f"v=spf1 {OURS} redirect=_spf.acme.example", "_spf.acme.example TXT v=spf1 mx:acme.example ?all\n"
        ),
        {"SPF_NEUTRAL_ALL": "?all in the record of _spf.acme.example"},
        ("SPF_NO_ALL",),
        "",
    ),
    Scenario(
        "neither all nor redirect",
        record(f"v=spf1 {OURS}"),
        {"SPF_NO_ALL": f"v=spf1 {OURS}"},
        ("SPF_NEUTRAL_ALL",),
        "",
    ),
    Scenario(
        "the same include at two depths",
        record(
            f"v=spf1 {OURS} include:i.example include:j.example -all",
            "i.example TXT v=spf1 ip4:203.0.113.9 ~all\n j.example TXT v=spf1 include:i.example ~all\n",
        ),
        {
            "SPF_NAMED_TWICE": "2 times: include:i.example in the record of acme.example; include:i.example in the"
            " record of j.example"
        },
        cause="",
    ),
    Scenario(
        "mx twice", record(f"v=spf1 {OURS} mx mx:acme.example -all"), {"SPF_NAMED_TWICE": "2 times: mx in"}
    ),
    Scenario(
        "an address within a network of an include",
        record(
            f"v=spf1 {OURS} include:i.example ip4:203.0.113.9 -all",
            "i.example TXT v=spf1 ip4:203.0.113.0/24 ~all\n",
        ),
        {
            "SPF_NETWORK_COVERED": "ip4:203.0.113.0/24 in the record of i.example → ip4:203.0.113.9 in the record of"
            " acme.example"
        },
        cause="",
    ),
    Scenario(
        "a refusal within a network is meant",
        record(f"v=spf1 {OURS} -ip4:203.0.113.9 ip4:203.0.113.0/24 -all"),
        never=("SPF_NETWORK_COVERED",),
    ),
    Scenario(
        "a long answer",
        record(f"v=spf1 {OURS} {LONG} -all"),
        {"SPF_ANSWER_TOO_LONG": "name and TXT records of at most 450 octets", "SPF_BUDGET": "octets in 3"},
        cause="",
    ),
    Scenario(
        "a tree beyond all measure",
        record(
            f"v=spf1 {OURS} {' '.join(f'include:i{n}.example' for n in range(120))} -all",
            "".join(f"i{n}.example TXT v=spf1 ip4:203.0.113.{n} ~all\n" for n in range(120)),
        ),
        {"SPF_TREE_TOO_LARGE": "not followed: the tree is too large", "SPF_BUDGET": "at least 121"},
    ),
    Scenario(
        "terms that depend on who sends",
        record(f"v=spf1 {OURS} exists:%{{i}}.acme.example -all"),
        {
            "SPF_DEPENDS_ON_SENDER": "exists:%{i}.acme.example",
            "SPF_BUDGET": "at most 2 void terms (IPv4 senders) → 0 to 1",
        },
        cause="",
    ),
    Scenario(
        "the current domain in a macro is known",
        record(
            f"v=spf1 {OURS} include:%{{d}}.spf.example -all", "acme.example.spf.example TXT v=spf1 mx ~all\n"
        ),
        never=("SPF_DEPENDS_ON_SENDER", "SPF_DEAD_INCLUDE"),
        cause="",
    ),
    Scenario(
        "a TXT record that is nearly SPF, beside the right one",
        record(f'v=spf1 {OURS} -all\nacme.example TXT "v=spf1; mx -all"'),
        {"SPF_NOT_A_RECORD": "v=spf1 mx -all → v=spf1; mx -all"},
        cause="",
    ),
    *(
        Scenario(
            f"what does not parse is told with its column and its mend: {term!a}",
            record(f"v=spf1 {OURS} {term} -all"),
            {"SPF_SYNTAX_ERROR": f"{meant} → {term}"},
            cause="SPF_SYNTAX_ERROR",
        )
        for term, meant in (
            ("ipv4:192.0.2.1", "(column 37); to be written: ip4:192.0.2.1"),
            ("192.0.2.1", "to be written: ip4:192.0.2.1"),
            ("include: i.example", "(column 37); to be written: include:i.example"),
            ("include.i.example", "to be written: include:i.example"),
            ("–ip4:192.0.2.1", "a dash that is no hyphen (U+2013); to be written: -ip4:192.0.2.1"),
            ("\u200bmx", "an invisible character (U+200B); to be written: mx"),
            ("mx\u00a0a", "a blank that is no space (U+00A0); to be written: mx a"),
            ("ip4:192.0.2.999", "an IPv4 address (column 37)"),
        )
    ),
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: ascii(scenario.says))
def test_the_record_is_told(scenario: Scenario) -> None:
    is_told(scenario)


def test_a_mend_that_needs_a_guess_is_not_proposed() -> None:
    diagnosis = told(record(f"v=spf1 {OURS} ip4:192.0.2.999 -all"))
    assert "to be" not in evidence(diagnosis, "SPF_SYNTAX_ERROR")


def test_a_finding_has_no_more_evidence_than_a_person_reads() -> None:
    terms = " ".join(f"mx:m{n}.example" for n in range(500))
    diagnosis = told(record(f"v=spf1 {OURS} -all {terms}"))
    (found,) = [f for f in diagnosis.findings if f.rule == "SPF_TERMS_AFTER_ALL"]
    assert len(found.evidence) == 11
    assert found.evidence[-1].found == "… and 90 more"


def test_what_is_no_fault_never_makes_the_verdict() -> None:
    diagnosis = told(record(f"v=spf1 {OURS} a:gone.example a:mail.acme.example a:mail.acme.example ?all"))
    assert diagnosis.verdict is Severity.OK
    assert {f.rule for f in diagnosis.findings if f.rule.startswith("SPF_") and not f.matters} == {
        "SPF_NEUTRAL_ALL",
        "SPF_TERM_NAMES_NOTHING",
        "SPF_NAMED_TWICE",
        "SPF_OVER_VOIDS_FOR_OTHERS",
        "SPF_BUDGET",
    }


def test_a_record_that_does_not_parse_is_not_told_to_lack_all() -> None:
    """Its `all` may be in what does not parse."""
    diagnosis = told(record(f"v=spf1 {OURS} ~allgoogle-site-verification=abc"))
    rules = {f.rule for f in diagnosis.findings}
    assert "SPF_SYNTAX_ERROR" in rules
    assert "SPF_NO_ALL" not in rules


def test_what_a_term_misses_is_told_by_its_mechanism() -> None:
    """`mx:` asks for the mail servers of a domain: a server's own name has none, whatever its addresses."""
    host = "server.example A 198.51.100.1\n"
    diagnosis = told(record(f"v=spf1 {OURS} mx:server.example a:gone.example -all", host))
    assert (
        "mx:server.example in the record of acme.example: no mail server with an address at server.example"
        in (evidence(diagnosis, "SPF_TERM_NAMES_NOTHING"))
    )
    assert "a:gone.example in the record of acme.example: no address at gone.example" in evidence(
        diagnosis, "SPF_TERM_NAMES_NOTHING"
    )
