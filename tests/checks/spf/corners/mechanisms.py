"""Mechanisms and redirect (RFC 7208 5, 6.1)."""

from __future__ import annotations

from tests.checks.spf.corners import ME_AND_MANY, PTR, V4, V6, V6_REVERSE, Case, lines

MECHANISMS = (
    Case("a with a prefix", "v=spf1 a/24 -all", "pass", "a.example A 192.0.2.200"),
    Case("a with a prefix of the other family", "v=spf1 a//24 -all", "fail", "a.example A 192.0.2.200"),
    Case("a with both prefixes, IPv6", "v=spf1 a/0//64 -all", "pass", "a.example AAAA 2001:db8::1", ip=V6),
    Case("a with only the IPv4 prefix, IPv6", "v=spf1 a/0 -all", "fail", "a.example AAAA 2001:db8::1", ip=V6),
    Case("a with /0 needs an address all the same", "v=spf1 a/0 -all", "fail", "a.example AAAA 2001:db8::1"),
    Case("a with //0", "v=spf1 a//0 -all", "pass", "a.example AAAA 2001:db8:ffff::1", ip=V6),
    Case("a whose name has slashes", "v=spf1 a:b/c.example/24 -all", "pass", "b/c.example A 192.0.2.200"),
    Case(
        "a behind CNAMEs",
        "v=spf1 a:b.example -all",
        "pass",
        f"b.example CNAME c.example\nc.example CNAME d.example\nd.example A {V4}",
    ),
    Case(
        "a behind a loop of CNAMEs",
        "v=spf1 a:b.example -all",
        "temperror",
        "b.example CNAME c.example\nc.example CNAME b.example",
    ),
    Case("a in upper case with a dot", "v=spf1 A:B.EXAMPLE. -all", "pass", f"b.example A {V4}"),
    Case("a with a dot and a prefix", "v=spf1 a:b.example./24 -all", "pass", "b.example A 192.0.2.200"),
    Case(
        "a among twenty addresses",
        "v=spf1 a -all",
        "pass",
        lines("a.example A 198.51.100.#", range(1, 20)) + f"a.example A {V4}",
    ),
    Case("a fails", "v=spf1 a:b.example +all", "temperror", "b.example A !SERVFAIL"),
    Case(
        "a fails behind the match", "v=spf1 ip4:192.0.2.3 a:b.example -all", "pass", "b.example A !SERVFAIL"
    ),
    Case(
        "the other family fails",
        "v=spf1 a:b.example -all",
        "pass",
        f"b.example A {V4}\nc.example AAAA !SERVFAIL",
    ),
    Case("a mapped address is IPv4", "v=spf1 ip4:192.0.2.3 -all", "pass", ip="::ffff:c000:203"),
    Case("a mapped network is IPv6, and matches no IPv4", "v=spf1 ip6:::ffff:192.0.2.0/120 -all", "fail"),
    Case(
        "a mapped network is IPv6, and matches no mapped address",
        "v=spf1 ip6:::ffff:192.0.2.0/120 -all",
        "fail",
        ip="::ffff:192.0.2.3",
    ),
    Case("a compatible address is IPv6", "v=spf1 ip4:192.0.2.3 -all", "fail", ip="::192.0.2.3"),
    Case("a compatible network", "v=spf1 ip6:::192.0.2.3 -all", "pass", ip="::c000:203"),
    Case("ip6 with /0 matches no IPv4", "v=spf1 ip6:::/0 -all", "fail"),
    Case("ip4 with /0 matches no IPv6", "v=spf1 ip4:0.0.0.0/0 -all", "fail", ip=V6),
    Case("ip4 that holds a: in hexadecimal", "v=spf1 ip6:a::a ~all", "pass", ip="a::a"),
    Case("the first address of a network", "v=spf1 ip4:192.0.2.3/30 -all", "pass", ip="192.0.2.0"),
    Case("the last address of a network", "v=spf1 ip4:192.0.2.0/30 -all", "pass"),
    Case("just before a network", "v=spf1 ip4:192.0.2.4/30 -all", "fail"),
    Case("just behind a network", "v=spf1 ip4:192.0.2.1/31 -all", "fail", ip="192.0.2.2"),
    Case("mx", "v=spf1 mx -all", "pass", f"a.example MX 10 b.example.\nb.example A {V4}"),
    Case(
        "mx, the last of ten exchangers",
        "v=spf1 mx -all",
        "pass",
        lines("a.example MX # b#.example.", range(1, 11)) + f"b10.example A {V4}",
    ),
    Case(
        "mx of eleven exchangers",
        "v=spf1 mx -all",
        "permerror",
        lines("a.example MX # b#.example.\nb#.example A 192.0.2.3", range(1, 12)),
    ),
    Case(
        "mx of eleven exchangers behind the match",
        "v=spf1 ip4:192.0.2.3 mx -all",
        "pass",
        lines("a.example MX # b#.example.", range(1, 12)),
    ),
    Case("mx with a null exchanger", "v=spf1 mx ip4:192.0.2.3 -all", "pass", "a.example MX 0 ."),
    Case("mx without exchangers is not the address", "v=spf1 mx -all", "fail", f"a.example A {V4}"),
    Case(
        "mx, one exchanger dead",
        "v=spf1 mx -all",
        "pass",
        f"a.example MX 10 gone.example.\na.example MX 20 b.example.\nb.example A {V4}",
    ),
    Case(
        "mx, three exchangers dead, the fourth ours",
        "v=spf1 mx -all",
        "pass",
        lines("a.example MX # b#.example.", range(1, 5)) + f"b4.example A {V4}",
    ),
    Case(
        "mx, an exchanger fails before the match",
        "v=spf1 mx +all",
        "temperror",
        f"a.example MX 10 b.example.\na.example MX 20 c.example.\nb.example A !SERVFAIL\nc.example A {V4}",
    ),
    Case(
        "mx, an exchanger fails behind the match",
        "v=spf1 mx -all",
        "pass",
        f"a.example MX 10 c.example.\na.example MX 20 b.example.\nb.example A !SERVFAIL\nc.example A {V4}",
    ),
    Case(
        "mx behind a CNAME, exchanger behind a CNAME",
        "v=spf1 mx:b.example -all",
        "pass",
        f"b.example CNAME c.example\nc.example MX 10 d.example.\nd.example CNAME e.example\ne.example A {V4}",
    ),
    Case(
        "mx in upper case with a dot",
        "v=spf1 MX:B.EXAMPLE./24 -all",
        "pass",
        "b.example MX 10 c.example.\nc.example A 192.0.2.200",
    ),
    Case(
        "mx, IPv6",
        "v=spf1 mx//120 -all",
        "pass",
        "a.example MX 10 b.example.\nb.example AAAA 2001:db8::cb99",
        ip=V6,
    ),
    Case("mx fails", "v=spf1 mx +all", "temperror", "a.example MX !SERVFAIL"),
    Case("ptr", "v=spf1 ptr -all", "pass", f"{PTR} a.example\na.example A {V4}"),
    Case("ptr below the domain", "v=spf1 ptr -all", "pass", f"{PTR} x.y.a.example\nx.y.a.example A {V4}"),
    Case("ptr above the domain", "v=spf1 ptr -all", "fail", f"{PTR} example\nexample A {V4}"),
    Case("ptr that only ends alike", "v=spf1 ptr -all", "fail", f"{PTR} ba.example\nba.example A {V4}"),
    Case(
        "ptr in upper case with a dot",
        "v=spf1 PTR:B.EXAMPLE. -all",
        "pass",
        f"{PTR} X.b.Example.\nx.b.example A {V4}",
    ),
    Case(
        "ptr that does not point back", "v=spf1 ptr -all", "fail", f"{PTR} a.example\na.example A 192.0.2.4"
    ),
    Case(
        "ptr, IPv6", "v=spf1 ptr -all", "pass", f"{V6_REVERSE} PTR x.a.example\nx.a.example AAAA {V6}", ip=V6
    ),
    Case("ptr fails: no match", "v=spf1 ptr ip4:192.0.2.3 -all", "pass", f"{PTR} !SERVFAIL"),
    Case(
        "one name of ptr fails, another is ours",
        "v=spf1 ptr -all",
        "pass",
        f"{PTR} bad.a.example\n{PTR} x.a.example\nbad.a.example A !SERVFAIL\nx.a.example A {V4}",
    ),
    Case(
        "every name of ptr fails",
        "v=spf1 ptr:b.example ~all",
        "softfail",
        f"{PTR} b.example\nb.example A !SERVFAIL",
    ),
    Case(
        "ptr, ours the tenth name",
        "v=spf1 ptr -all",
        "pass",
        lines(ME_AND_MANY, range(1, 10)) + f"{PTR} x.a.example\nx.a.example A {V4}",
    ),
    Case(
        "ptr, ours the eleventh name",
        "v=spf1 ptr -all",
        "fail",
        lines(ME_AND_MANY, range(1, 11)) + f"{PTR} x.a.example\nx.a.example A {V4}",
    ),
    Case(
        "ptr behind a CNAME (RFC 2317)",
        "v=spf1 ptr -all",
        "pass",
        "3.2.0.192.in-addr.arpa CNAME 3.0-63.2.0.192.in-addr.arpa\n"
        f"3.0-63.2.0.192.in-addr.arpa PTR x.a.example\nx.a.example A {V4}",
    ),
    Case(
        "exists asks for A, whoever sends",
        "v=spf1 exists:b.example -all",
        "pass",
        "b.example A 127.0.0.2",
        ip=V6,
    ),
    Case(
        "exists with AAAA alone", "v=spf1 exists:b.example -all", "fail", "b.example AAAA 2001:db8::1", ip=V6
    ),
    Case(
        "exists behind a CNAME",
        "v=spf1 exists:b.example -all",
        "pass",
        "b.example CNAME c.example\nc.example A 127.0.0.2",
    ),
    Case("exists fails", "v=spf1 exists:b.example +all", "temperror", "b.example A !SERVFAIL"),
    *(
        Case(
            f"include that says {said}",
            f"v=spf1 include:b.example {after}",
            result,
            f"b.example TXT {record}",
        )
        for said, record, after, result in (
            ("pass", "v=spf1 +all", "-all", "pass"),
            ("fail", "v=spf1 -all", "~all", "softfail"),
            ("softfail", "v=spf1 ~all", "+all", "pass"),
            ("neutral", "v=spf1 ?all", "-all", "fail"),
            ("nothing", "v=spf1", "-all", "fail"),
            ("none", "parked", "+all", "permerror"),
            ("permerror", "v=spf1 +all oops", "+all", "permerror"),
            ("temperror", "!SERVFAIL", "+all", "temperror"),
        )
    ),
    Case("include of no name", "v=spf1 include:b.example +all", "permerror"),
    Case(
        "include with a qualifier", "v=spf1 ~include:b.example +all", "softfail", "b.example TXT v=spf1 +all"
    ),
    Case("a blocklist that fails", "v=spf1 -include:b.example +all", "temperror", "b.example TXT !TIMEOUT"),
    Case(
        "include with a dot, in upper case",
        "v=spf1 INCLUDE:B.Example. -all",
        "pass",
        "b.example TXT v=spf1 +all",
    ),
    Case(
        "include behind a CNAME",
        "v=spf1 include:b.example -all",
        "pass",
        f"b.example CNAME c.example\nc.example TXT v=spf1 a:%{{d}} -all\nc.example A {V4}",
    ),
    Case(
        "include of two records",
        "v=spf1 include:b.example +all",
        "permerror",
        "b.example TXT v=spf1 +all\nb.example TXT v=spf1 -all",
    ),
    Case(
        "the same include twice",
        "v=spf1 include:b.example include:b.example +all",
        "pass",
        "b.example TXT v=spf1 -all",
    ),
    Case("include of the domain itself", "v=spf1 include:a.example +all", "permerror"),
    Case("include of the domain itself behind the match", "v=spf1 ip4:192.0.2.3 include:a.example", "pass"),
    Case(
        "all inside an include does not end the record",
        "v=spf1 include:b.example ip4:192.0.2.3 -all",
        "pass",
        "b.example TXT v=spf1 -all",
    ),
    Case("redirect", "v=spf1 redirect=b.example", "softfail", "b.example TXT v=spf1 ~all"),
    Case("redirect beside all", "v=spf1 ?all redirect=b.example", "neutral", "b.example TXT v=spf1 -all"),
    Case(
        "redirect first, mechanisms still before it",
        "v=spf1 redirect=b.example ip4:192.0.2.3",
        "pass",
        "b.example TXT v=spf1 -all",
    ),
    Case(
        "redirect of a redirect",
        "v=spf1 redirect=b.example",
        "pass",
        "b.example TXT v=spf1 redirect=c.example\nc.example TXT v=spf1 ip4:192.0.2.3 -all",
    ),
    Case(
        "redirect to a macro",
        "v=spf1 redirect=%{l}._spf.%{d}",
        "pass",
        "strong-bad._spf.a.example TXT v=spf1 exists:%{d}.m.example\nstrong-bad._spf.a.example.m.example A 127.0.0.2",
    ),
    Case(
        "redirect with a dot, in upper case",
        "v=spf1 REDIRECT=_SPF.A.Example.",
        "pass",
        "_spf.a.example TXT v=spf1 +all",
    ),
    Case("redirect to no name", "v=spf1 redirect=b.example", "permerror"),
    Case("redirect to no record", "v=spf1 redirect=b.example", "permerror", "b.example TXT parked"),
    Case(
        "redirect to a single label",
        "v=spf1 redirect=%{l}",
        "permerror",
        "b TXT v=spf1 +all",
        sender="b@a.example",
    ),
    Case("redirect that fails", "v=spf1 redirect=b.example", "temperror", "b.example TXT !SERVFAIL"),
    Case("redirect to itself", "v=spf1 redirect=a.example", "permerror"),
    Case(
        "a redirect of an include",
        "v=spf1 include:b.example -all",
        "pass",
        "b.example TXT v=spf1 redirect=c.example\nc.example TXT v=spf1 +all",
    ),
    Case(
        "a redirect of an include to nothing",
        "v=spf1 include:b.example +all",
        "permerror",
        "b.example TXT v=spf1 redirect=gone.example",
    ),
    Case(
        "an unknown modifier named like a mechanism",
        "v=spf1 include=b.example -all",
        "fail",
        "b.example TXT v=spf1 +all",
    ),
    Case("default= is unknown", "v=spf1 default=pass", "neutral"),
)
