"""Macros: RFC 7208 7, RFC 8616 4."""

from __future__ import annotations

from tests.checks.spf.corners import LONG, PTR, V4, V6, V6_NIBBLES, V6_REVERSE, Case, exists, lines

MACROS = (
    exists("the right-hand parts", "%{d2}.m.example", "a.example.m.example"),
    exists("more parts than there are", "%{d9}.m.example", "a.example.m.example"),
    exists("more parts than any name has", f"%{{d{'9' * 40}}}.m.example", "a.example.m.example"),
    exists("one part", "%{d1}.m.example", "example.m.example"),
    exists("turned round", "%{dr}.m.example", "example.a.m.example"),
    exists("turned round by a capital R", "%{dR}.m.example", "example.a.m.example"),
    exists("turned round, then cut", "%{d1r}.m.example", "a.m.example"),
    exists("split at a hyphen", "%{l-}.m.example", "strong.bad.m.example"),
    exists("split at a hyphen, turned round", "%{lr-}.m.example", "bad.strong.m.example"),
    exists("split at a hyphen, turned round, one part", "%{l1r-}.m.example", "strong.m.example"),
    exists("not split at what is no delimiter of it", "%{l=}.m.example", "strong-bad.m.example"),
    exists("a dot is no delimiter when others are given", "%{d1-}.m.example", "a.example.m.example"),
    exists(
        "every delimiter at once",
        "%{l.-+,/_=}.m.example",
        "a.b.c.d.e.f.g.h.m.example",
        sender="a.b-c+d,e/f_g=h@a.example",
    ),
    exists(
        "a bracket in the value is no delimiter",
        "%{l1r+-}.m.example",
        "a[b.m.example",
        sender="a[b@a.example",
    ),
    exists("empty parts stay", "%{L-}.m.example", "a%2b.b.m.example", sender="a+-b@a.example"),
    exists("an address in reverse", "%{ir}.%{v}.m.example", "3.2.0.192.in-addr.m.example"),
    exists("nibbles of an IPv6 address", "%{i}.m.example", f"{V6_NIBBLES}.m.example", ip=V6),
    exists("nibbles in reverse", "%{ir}.%{v}.m.example", f"{V6_NIBBLES[::-1]}.ip6.m.example", ip=V6),
    exists("the last two nibbles", "%{i2}.m.example", "0.1.m.example", ip=V6),
    exists(
        "an IPv4-mapped address is dotted",
        "%{i}.%{v}.m.example",
        "192.0.2.3.in-addr.m.example",
        ip="::ffff:192.0.2.3",
    ),
    exists("the name of HELO", "%{h}.m.example", "mx.helo.example.m.example"),
    exists("a single label in HELO", "%{h}.example", "holahola.example", helo="holahola"),
    exists("HELO is cut at its own dots", "%{h2}.m.example", "helo.example.m.example"),
    exists("without HELO the sender's domain", "%{h}.m.example", "a.example.m.example", helo=None),  # type: ignore[arg-type]
    exists("HELO's own dot at the end is gone", "%{h}.m.example", "x.example.m.example", helo="x.example."),
    exists(
        "the sender's domain, not the record's", "%{o}.m.example", "b.example.m.example", sender="u@b.example"
    ),
    exists(
        "the sender's own dot at the end is gone",
        "%{o}.m.example",
        "b.example.m.example",
        sender="u@b.example.",
    ),
    exists("the whole sender", "%{s}.m.example", "strong-bad@a.example.m.example"),
    exists(
        "a sender without @ is a domain",
        "%{l}.%{o}.m.example",
        "postmaster.b.example.m.example",
        sender="b.example",
    ),
    exists(
        "an empty local part is postmaster",
        "%{l}.%{s}.m.example",
        "postmaster.postmaster@b.example.m.example",
        sender="@b.example",
    ),
    exists("an empty sender is the domain", "%{s}.m.example", "postmaster@a.example.m.example", sender=""),
    exists("the last @ counts", "%{o}.m.example", "b.example.m.example", sender='"a@b"@b.example'),
    exists(
        "a quoted local part keeps its quotes and @",
        "%{l}.m.example",
        '"a@b".m.example',
        sender='"a@b"@b.example',
    ),
    exists("upper case escapes", "%{L}.m.example", "foo%2bbar.m.example", sender="foo+bar@a.example"),
    exists(
        "upper case leaves the unreserved alone",
        "%{L}.m.example",
        "~jack%26jill%3dup-a_b3.c.m.example",
        sender="~jack&jill=up-a_b3.c@a.example",
    ),
    exists("upper case of the whole sender", "%{S}.m.example", "strong-bad%40a.example.m.example"),
    exists(
        "upper case escapes what is not ASCII",
        "%{L}.m.example",
        "%c3%bcser.m.example",
        sender="üser@a.example",
    ),
    exists(
        "splitting comes before escaping", "%{L+}.m.example", "foo.bar.m.example", sender="foo+bar@a.example"
    ),
    exists("the case of a name does not matter", "%{D}.M.Example", "a.example.m.example"),
    exists("a percent sign", "a%%b.m.example", "a%b.m.example"),
    exists("a blank and its escape", "a%_b%-c.m.example", "a b%20c.m.example"),
    exists("slashes belong to a domain", "a/24//64.%{d}", "a/24//64.a.example"),
    exists(
        "a name that is too long loses its first labels",
        "%{l}.mm.example",
        f"{LONG[122:]}.mm.example",
        sender=f"{LONG}@a.example",
    ),
    exists(
        "exactly 253 octets are kept", "%{l}.m.example", f"{LONG[61:]}.m.example", sender=f"{LONG}@a.example"
    ),
    exists("no validated name", "%{p}.m.example", "unknown.m.example"),
    exists(
        "a validated name",
        "%{p}.m.example",
        "mx.b.example.m.example",
        more=f"{PTR} mx.b.example\nmx.b.example A {V4}",
    ),
    exists(
        "the domain itself before all other validated names",
        "%{p}.m.example",
        "a.example.m.example",
        more=f"{PTR} x.a.example\n{PTR} a.example\nx.a.example A {V4}\na.example A {V4}",
    ),
    exists(
        "a name below the domain before a stranger",
        "%{p}.m.example",
        "x.a.example.m.example",
        more=f"{PTR} b.example\n{PTR} x.a.example\nb.example A {V4}\nx.a.example A {V4}",
    ),
    exists(
        "a name that does not point back",
        "%{p}.m.example",
        "unknown.m.example",
        more=f"{PTR} a.example\na.example A 192.0.2.9",
    ),
    exists("a reverse zone that fails", "%{p}.m.example", "unknown.m.example", more=f"{PTR} !SERVFAIL"),
    exists(
        "a validated name of IPv6",
        "%{p}.m.example",
        "x.a.example.m.example",
        ip=V6,
        more=f"{V6_REVERSE} PTR x.a.example\nx.a.example AAAA {V6}",
    ),
    Case(
        "the record's own domain inside an include",
        "v=spf1 include:b.example -all",
        "pass",
        "b.example TXT v=spf1 exists:%{d}.%{o}.m.example -all\nb.example.a.example.m.example A 127.0.0.2",
    ),
    *(
        Case(
            f"%{{p}} costs a term beside its own: {n} of them",
            f"v=spf1 {' '.join(f'a:%{{p}}.e{i}.example' for i in range(n))} +all",
            result,
            lines("unknown.e#.example A 192.0.2.99", range(6)),
        )
        for n, result in ((5, "pass"), (6, "permerror"))
    ),
    Case(
        "a local part outside ASCII matches no term",
        "v=spf1 exists:%{l}.m.example include:%{s}.m.example ip4:192.0.2.3 -all",
        "pass",
        sender="üser@a.example",
    ),
    Case(
        "a local part outside ASCII costs no void",
        "v=spf1 a:%{l}.m.example mx:%{l}.m.example exists:%{l}.m.example ip4:192.0.2.3 -all",
        "pass",
        sender="üser@a.example",
    ),
    Case(
        "a redirect to a local part outside ASCII",
        "v=spf1 redirect=%{l}.m.example",
        "permerror",
        sender="üser@a.example",
    ),
    Case(
        "a label of 64 octets is not asked",
        "v=spf1 exists:%{l}.m.example ip4:192.0.2.3 -all",
        "pass",
        sender=f"{'a' * 64}@a.example",
    ),
    Case(
        "a label of 64 octets, included",
        "v=spf1 -include:%{l}.m.example +all",
        "permerror",
        sender=f"{'a' * 64}@a.example",
    ),
    Case(
        "an empty label in the middle", "v=spf1 -exists:%{l}.m.example +all", "pass", sender="a..b@a.example"
    ),
    Case(
        "a macro that is left of nothing",
        "v=spf1 a:%{l}.%{d} -all",
        "pass",
        f"u.a.example A {V4}",
        sender="u@a.example",
    ),
)
