"""Present is not effective: each row of that table, and the other ways to get SPF right or wrong."""

from __future__ import annotations

from checks.company import SendingMethod
from checks.lookup import RecordType
from data.demo.scenario import WITHOUT_OURS, Expected, Scenario
from data.demo.services import GONE_SERVICE, MANY_SERVICES

A, AAAA, TXT = RecordType.A, RecordType.AAAA, RecordType.TXT
MANY = " ".join(f"include:{name}" for name in MANY_SERVICES)
FINE = Expected("ok")


def ineffective(cause: str) -> Expected:
    return Expected("failure", cause, spf="ineffective")


def missing(cause: str) -> Expected:
    return Expected("failure", cause, spf="missing")


def noted(cause: str) -> Expected:
    return Expected("note", cause)


SPF = (
    # what most of the failing companies have
    Scenario("spf: the include was never added", 9, missing("SPF_INCLUDE_MISSING"), spf=(WITHOUT_OURS,)),
    Scenario(
        "spf: no record at all",
        4,
        Expected("failure", "SPF_NO_RECORD", spf="missing", dmarc="absent"),
        spf=(),
        dmarc=(),
    ),
    Scenario(
        "spf: a shared domain cannot include us",
        5,
        Expected("failure", "SPF_SHARED_DOMAIN", spf="impossible"),
        shared=("gmail.com", "telenet.be", "orange.fr", "ziggo.nl", "gmx.de"),
        from_address="<local>@<domain>",
    ),
    # place and budget
    Scenario(
        "spf: ours first, then 12 more includes",
        2,
        noted("SPF_OVER_BUDGET_FOR_OTHERS"),
        spf=(f"v=spf1 include:<ours> {MANY} ~all",),
    ),
    Scenario(
        "spf: 12 includes, ours last",
        2,
        ineffective("SPF_TERM_LIMIT_EXCEEDED"),
        spf=(f"v=spf1 {MANY} include:<ours> ~all",),
    ),
    Scenario(
        "spf: ours effective but not first",
        7,
        noted("SPF_INCLUDE_NOT_FIRST"),
        spf=("v=spf1 mx include:<host-spf> include:<ours> ~all",),
    ),
    Scenario(
        "spf: ours behind -all",
        2,
        ineffective("SPF_INCLUDE_NOT_REACHED"),
        spf=("v=spf1 mx include:<host-spf> -all include:<ours>",),
    ),
    Scenario(
        "spf: ours first, then a dead include",
        3,
        noted("SPF_DEAD_INCLUDE"),
        spf=(f"v=spf1 include:<ours> include:{GONE_SERVICE} ~all",),
    ),
    Scenario(
        "spf: three a: hosts without AAAA, then ours",
        2,
        ineffective("SPF_VOID_LIMIT_EXCEEDED"),
        spf=("v=spf1 a:www.<domain> a:shop.<domain> a:news.<domain> include:<ours> ~all",),
        records=tuple(
            (f"{host}.<domain>", A, f"203.0.113.{n}") for n, host in ((61, "www"), (62, "shop"), (63, "news"))
        ),
    ),
    Scenario(
        "spf: an mx of three hosts without AAAA before ours (some receivers count more strictly)",
        2,
        Expected("warning", "SPF_SOME_RECEIVERS_COUNT_MORE"),
        spf=("v=spf1 mx include:<ours> ~all",),
        mx=("10 mx1.<domain>", "20 mx2.<domain>", "30 mx3.<domain>"),
        records=tuple((f"mx{n}.<domain>", A, f"203.0.113.{70 + n}") for n in (1, 2, 3)),
    ),
    # how it is written
    Scenario(
        "spf: ours first, then ipv4:",
        3,
        ineffective("SPF_SYNTAX_ERROR"),
        spf=("v=spf1 include:<ours> ipv4:203.0.113.9 include:<host-spf> ~all",),
    ),
    Scenario(
        "spf: -include",
        1,
        ineffective("SPF_INCLUDE_QUALIFIED"),
        spf=("v=spf1 -include:<ours> include:<host-spf> ~all",),
    ),
    Scenario(
        "spf: ~include",
        1,
        ineffective("SPF_INCLUDE_QUALIFIED"),
        spf=("v=spf1 ~include:<ours> include:<host-spf> ~all",),
    ),
    Scenario(
        "spf: ?include",
        1,
        ineffective("SPF_INCLUDE_QUALIFIED"),
        spf=("v=spf1 ?include:<ours> include:<host-spf> ~all",),
    ),
    Scenario(
        "spf: include=",
        2,
        ineffective("SPF_INCLUDE_MISWRITTEN"),
        spf=("v=spf1 include=<ours> <others> ~all",),
    ),
    Scenario(
        "spf: include. with a dot",
        2,
        ineffective("SPF_SYNTAX_ERROR"),
        spf=("v=spf1 include.<ours> <others> ~all",),
    ),
    Scenario(
        "spf: a space after include:",
        2,
        ineffective("SPF_SYNTAX_ERROR"),
        spf=("v=spf1 include: <ours> <others> ~all",),
    ),
    Scenario(
        "spf: a space after include:, beside a correct one",
        1,
        ineffective("SPF_SYNTAX_ERROR"),
        spf=("v=spf1 include:<ours> include: <ours> <others> ~all",),
    ),
    Scenario(
        "spf: our name misspelt",
        2,
        ineffective("SPF_INCLUDE_MISWRITTEN"),
        spf=("v=spf1 include:spf.invioces.example mx ~all",),
    ),
    Scenario(
        "spf: our name misspelt, behind -all",
        1,
        ineffective("SPF_INCLUDE_MISWRITTEN"),
        spf=("v=spf1 mx -all include:spf.invioces.example",),
    ),
    Scenario("spf: our name with a dot at its end", 2, FINE, spf=("v=spf1 include:<ours>. <others> ~all",)),
    Scenario("spf: our name in capitals", 1, FINE, spf=("V=SPF1 INCLUDE:<OURS> <others> ~ALL",)),
    # inside another record
    Scenario(
        "spf: ours inside an include",
        3,
        noted("SPF_INCLUDE_NOT_FIRST"),
        spf=("v=spf1 include:_spf.<domain> ~all",),
        records=(("_spf.<domain>", TXT, "v=spf1 include:<ours> include:<host-spf> ~all"),),
    ),
    Scenario(
        "spf: ours inside a redirect",
        2,
        noted("SPF_INCLUDE_NOT_FIRST"),
        spf=("v=spf1 redirect=_spf.<domain>",),
        records=(("_spf.<domain>", TXT, "v=spf1 include:<ours> include:<host-spf> ~all"),),
    ),
    Scenario("spf: redirect to ours", 2, FINE, spf=("v=spf1 redirect=<ours>",)),
    Scenario(
        "spf: redirect to ours beside -all",
        1,
        ineffective("SPF_INCLUDE_NOT_REACHED"),
        spf=("v=spf1 mx redirect=<ours> -all",),
    ),
    Scenario(
        "spf: ours at _spf, which nobody includes",
        1,
        missing("SPF_INCLUDE_MISSING"),
        spf=(WITHOUT_OURS,),
        records=(("_spf.<domain>", TXT, "v=spf1 include:<ours> ~all"),),
    ),
    # several records, quotes, joints
    Scenario(
        "spf: two records, one with ours",
        3,
        Expected("failure", "SPF_SEVERAL_RECORDS", spf="ineffective"),
        spf=("v=spf1 include:<ours> ~all", "v=spf1 include:<host-spf> ~all"),
    ),
    Scenario(
        "spf: two records, neither with ours",
        1,
        Expected("failure", "SPF_SEVERAL_RECORDS", spf="missing"),
        spf=("v=spf1 mx ~all", "v=spf1 include:<host-spf> ~all"),
    ),
    Scenario(
        "spf: a second record that is none, for its leading space",
        1,
        FINE,
        spf=("v=spf1 include:<ours> <others> ~all", " v=spf1 include:<host-spf> -all"),
    ),
    Scenario(
        "spf: the only record is none, for v=spf1;",
        1,
        ineffective("SPF_INCLUDE_MISWRITTEN"),
        spf=("v=spf1; include:<ours> include:<host-spf> ~all",),
    ),
    Scenario(
        "spf: published with literal quotes",
        2,
        ineffective("SPF_INCLUDE_MISWRITTEN"),
        spf=('"v=spf1 include:<ours> <others> ~all"',),
    ),
    Scenario(
        "spf: strings joined without a space, ours at the joint",
        2,
        ineffective("SPF_INCLUDE_MISWRITTEN"),
        spf=(("v=spf1 include:<ours>", "include:<host-spf> mx ~all"),),
    ),
    Scenario(
        "spf: strings joined without a space, which does not parse",
        1,
        ineffective("SPF_SYNTAX_ERROR"),
        spf=(("v=spf1 include:<ours> a", "mx include:<host-spf> ~all"),),
    ),
    Scenario(
        "spf: strings joined without a space, behind ours",
        1,
        noted("SPF_DEAD_INCLUDE"),
        spf=(("v=spf1 include:<ours> include:<host-spf>", f"include:{MANY_SERVICES[0]} ~all"),),
    ),
    # without the include
    Scenario("spf: +all without us", 2, Expected("warning", "SPF_PASS_ALL"), spf=("v=spf1 mx +all",)),
    Scenario(
        "spf: all our addresses by ip4: and ip6:",
        2,
        noted("SPF_PASSES_WITHOUT_INCLUDE"),
        spf=("v=spf1 ip4:<our-ip4> ip6:<our-ip6> mx ~all",),
    ),
    Scenario(
        "spf: our IPv4 address alone",
        2,
        ineffective("SPF_PASSES_FROM_SOME_ADDRESSES"),
        spf=("v=spf1 ip4:<our-ip4> mx ~all",),
    ),
    Scenario(
        "spf: our addresses by a macro",
        1,
        noted("SPF_PASSES_WITHOUT_INCLUDE"),
        spf=("v=spf1 exists:%{ir}.%{v}.senders.<domain> mx ~all",),
        records=(
            ("<our-ip4-reversed>.in-addr.senders.<domain>", A, "127.0.0.2"),
            ("<our-ip6-reversed>.ip6.senders.<domain>", A, "127.0.0.2"),
        ),
    ),
    # health findings that do not touch our mail
    Scenario("spf: ptr behind ours", 2, noted("SPF_PTR"), spf=("v=spf1 include:<ours> ptr mx ~all",)),
    Scenario(
        "spf: From in a subdomain without a record",
        3,
        Expected("failure", "SPF_NO_RECORD", spf="missing", dmarc="quarantine"),
        from_address="<billing>@mail.<domain>",
        dmarc=("v=DMARC1; p=none; sp=quarantine; rua=mailto:dmarc@<domain>",),
        records=(("mail.<domain>", A, "203.0.113.80"),),
    ),
    Scenario(
        "spf: From in a subdomain with a record of its own",
        2,
        Expected("ok"),
        from_address="<billing>@invoices.<domain>",
        spf=(WITHOUT_OURS,),
        records=(
            ("invoices.<domain>", TXT, "v=spf1 include:<ours> -all"),
            ("invoices.<domain>", RecordType.MX, "10 mx1.<host>"),
        ),
    ),
    Scenario(
        "spf: broken, but mail leaves from the platform",
        3,
        Expected("ok", spf="missing"),
        method=SendingMethod.PLATFORM,
        spf=("v=spf1 ipv4:203.0.113.9 mx ~all",),
    ),
)
