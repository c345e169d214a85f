"""What the sender of refused mail is told (RFC 7208 6.2)."""

from __future__ import annotations

from checks.lookup import RecordType, txt
from tests.checks.spf.corners import PTR, V4, V6, V6_NIBBLES, Case, explained
from tests.checks.spf.corners.limits import ADDRESSES

EIGHT = " ".join(f"a:t{n}.example" for n in range(1, 9))
EXPLANATIONS = (
    explained("plain text", "No.", "No."),
    Case(
        "the strings are joined",
        "v=spf1 -all exp=why.a.example",
        "fail",
        'why.a.example TXT "See " "he" "re"',
        explanation="See here",
    ),
    explained(
        "letters of an explanation",
        "%{c} %{i} %{d} %{o} %{l} %{s} %{h} %{v} %{r}",
        "192.0.2.3 192.0.2.3 a.example a.example strong-bad strong-bad@a.example mx.helo.example in-addr unknown",
    ),
    explained(
        "the readable IPv6 address", "%{c} is %{ir}", f"2001:db8::cb01 is {V6_NIBBLES.upper()[::-1]}", ip=V6
    ),
    explained(
        "upper case letters escape",
        "http://x.example/?s=%{S}&i=%{I}",
        "http://x.example/?s=strong-bad%40a.example&i=192.0.2.3",
    ),
    explained("blanks, percent signs and escapes", "100%% of%_it%-now", "100% of it%20now"),
    explained("%{p} without a name", "from %{p}", "from unknown"),
    explained(
        "%{p} with a name", "from %{p}", "from x.a.example", more=f"{PTR} x.a.example\nx.a.example A {V4}"
    ),
    explained("the unknown letter", "because of %{z}", ""),
    explained("a macro that is not closed", "because %{d", ""),
    explained("a percent sign alone", "100% sure", ""),
    explained("letters outside ASCII", "Désolé", ""),
    explained("a control character", "No.\x07", ""),
    explained("a line break", "No.\r\nX-Header: y", ""),
    explained("an empty text", "", ""),
    Case("no text", "v=spf1 -all exp=why.a.example", "fail", explanation=""),
    Case(
        "two texts",
        "v=spf1 -all exp=why.a.example",
        "fail",
        "why.a.example TXT one\nwhy.a.example TXT two",
        explanation="",
    ),
    Case(
        "a text that cannot be had",
        "v=spf1 -all exp=why.a.example",
        "fail",
        "why.a.example TXT !SERVFAIL",
        explanation="",
    ),
    Case(
        "a text behind a CNAME",
        "v=spf1 -all exp=why.a.example",
        "fail",
        "why.a.example CNAME b.example\nb.example TXT No, %{d}.",
        explanation="No, a.example.",
    ),
    Case(
        "a text behind a loop",
        "v=spf1 -all exp=why.a.example",
        "fail",
        "why.a.example CNAME b.example\nb.example CNAME why.a.example",
        explanation="",
    ),
    Case(
        "exp with a macro",
        "v=spf1 -all exp=%{l}.%{ir}.a.example",
        "fail",
        "strong-bad.3.2.0.192.a.example TXT No.",
        explanation="No.",
    ),
    Case(
        "exp with a macro that makes no name",
        "v=spf1 -all exp=%{l}.a.example",
        "fail",
        sender=f"{'a' * 64}@a.example",
        explanation="",
    ),
    Case(
        "exp before the terms",
        "v=spf1 exp=why.a.example -all",
        "fail",
        "why.a.example TXT No.",
        explanation="No.",
    ),
    Case(
        "exp in upper case with a dot",
        "v=spf1 EXP=Why.A.Example. -all",
        "fail",
        "why.a.example TXT No.",
        explanation="No.",
    ),
    Case(
        "exp for softfail is not asked",
        "v=spf1 ~all exp=why.a.example",
        "softfail",
        "why.a.example TXT No.",
        explanation="",
    ),
    Case(
        "exp for pass is not asked",
        "v=spf1 +all exp=why.a.example",
        "pass",
        "why.a.example TXT No.",
        explanation="",
    ),
    Case(
        "exp of an include is never told",
        "v=spf1 -include:b.example",
        "fail",
        "b.example TXT v=spf1 +all exp=why.b.example\nwhy.b.example TXT Inner.",
        explanation="",
    ),
    Case(
        "the record's own exp, not the include's",
        "v=spf1 include:b.example -all exp=why.a.example",
        "fail",
        "b.example TXT v=spf1 -all exp=why.b.example\nwhy.b.example TXT Inner.\nwhy.a.example TXT Outer.",
        explanation="Outer.",
    ),
    Case(
        "exp of the redirect's target",
        "v=spf1 exp=why.a.example redirect=b.example",
        "fail",
        "b.example TXT v=spf1 -all exp=why.b.example\nwhy.b.example TXT Inner %{d}.\nwhy.a.example TXT Outer.",
        explanation="Inner b.example.",
    ),
    Case(
        "no exp at the redirect's target",
        "v=spf1 exp=why.a.example redirect=b.example",
        "fail",
        "b.example TXT v=spf1 -all\nwhy.a.example TXT Outer.",
        explanation="",
    ),
    Case(
        "a text of 4 kB",
        "v=spf1 -all exp=why.a.example",
        "fail",
        odd={("why.a.example", RecordType.TXT): [txt("x" * 4000)]},
        explanation="x" * 4000,
    ),
    Case(
        "exp is free: ten terms, two voids, and %{p}",
        f"v=spf1 {EIGHT} a:g1.example a:g2.example -all exp=%{{p}}.a.example",
        "fail",
        f"{ADDRESSES}unknown.a.example TXT From %{{p}}.",
        explanation="From unknown.",
    ),
)
