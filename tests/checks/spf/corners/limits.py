"""Ten terms and two voids, at every depth (RFC 7208 4.6.4)."""

from __future__ import annotations

from tests.checks.spf.corners import PTR, V4, Case, chain, lines

ADDRESSES = lines("t#.example A 198.51.100.#", range(1, 21))
TEN, ELEVEN = (" ".join(f"a:t{n}.example" for n in range(1, last)) for last in (11, 12))
TEN_MX = " ".join(["mx:m.example"] * 10)
THREE_MX = lines("m.example MX # t#.example.", range(1, 4))
LIMITS = (
    Case("ten terms", f"v=spf1 {TEN} ip4:192.0.2.3 -all", "pass", ADDRESSES),
    Case("eleven terms", f"v=spf1 {ELEVEN} ip4:192.0.2.3 -all", "permerror", ADDRESSES),
    Case(
        "eleven terms, ours before the last",
        f"v=spf1 {TEN} ip4:192.0.2.3 a:t11.example -all",
        "pass",
        ADDRESSES,
    ),
    Case(
        "the eleventh term is the match",
        f"v=spf1 {TEN} a:ours.example -all",
        "permerror",
        f"{ADDRESSES}ours.example A {V4}",
    ),
    Case(
        "ten terms and a redirect",
        f"v=spf1 {TEN} redirect=b.example",
        "permerror",
        f"{ADDRESSES}b.example TXT v=spf1 +all",
    ),
    Case(
        "nine terms and a redirect",
        f"v=spf1 {TEN.partition(' ')[2]} redirect=b.example",
        "pass",
        f"{ADDRESSES}b.example TXT v=spf1 +all",
    ),
    Case(
        "ten terms, and all of the rest free",
        f"v=spf1 {TEN} ip4:198.51.100.99 ip6:2001:db8::1 exp=b.example x=y ~all",
        "softfail",
        ADDRESSES,
    ),
    Case("ten mx terms of three exchangers each", f"v=spf1 {TEN_MX} +all", "pass", ADDRESSES + THREE_MX),
    Case("eleven mx terms", f"v=spf1 {TEN_MX} mx:m.example +all", "permerror", ADDRESSES + THREE_MX),
    Case(
        "eleven ptr terms",
        f"v=spf1 {' '.join(f'ptr:b{n}.example' for n in range(11))} +all",
        "permerror",
        f"{PTR} t1.example\nt1.example A {V4}",
    ),
    Case(
        "ten ptr terms",
        f"v=spf1 {' '.join(f'ptr:b{n}.example' for n in range(10))} +all",
        "pass",
        f"{PTR} t1.example\nt1.example A {V4}",
    ),
    *(
        Case(
            f"ten includes, {depth} deep",
            f"v=spf1 {' '.join(f'include:i{n}.example' for n in [1] * (11 - depth))} ip4:192.0.2.9 -all"
            if depth == 1
            else f"v=spf1 include:i1.example {' '.join(['a:t1.example'] * (10 - depth))} ip4:192.0.2.3 -all",
            "fail" if depth == 1 else "pass",
            ADDRESSES + chain(depth, "v=spf1 -all"),
        )
        for depth in range(1, 11)
    ),
    *(
        Case(
            f"eleven terms, the last {depth} deep",
            f"v=spf1 {' '.join(['a:t1.example'] * (10 - depth))} include:i1.example +all",
            "permerror",
            ADDRESSES + chain(depth, "v=spf1 a:t2.example -all"),
        )
        for depth in range(1, 11)
    ),
    Case(
        "eleven includes of one another",
        "v=spf1 include:i1.example +all",
        "permerror",
        chain(11, "v=spf1 +all"),
    ),
    *(
        Case(
            f"two voids, {depth} deep",
            "v=spf1 include:i1.example +all",
            "pass",
            chain(depth, "v=spf1 a:g1.example a:g2.example -all"),
        )
        for depth in range(1, 9)
    ),
    *(
        Case(
            f"three voids, {depth} deep",
            "v=spf1 include:i1.example +all",
            "permerror",
            chain(depth, "v=spf1 a:g1.example a:g2.example a:g3.example -all"),
        )
        for depth in range(1, 8)
    ),
    *(
        Case(
            f"the third void {depth} deep",
            "v=spf1 a:g1.example a:g2.example include:i1.example +all",
            "permerror",
            chain(depth, "v=spf1 a:g3.example -all"),
        )
        for depth in range(1, 8)
    ),
    Case("three voids of one name", "v=spf1 a:g.example a:g.example a:g.example +all", "permerror"),
    Case("three voids of every kind", "v=spf1 mx:g.example exists:g.example ptr +all", "permerror"),
    Case(
        "three voids, all of the other family",
        "v=spf1 a:b.example mx:c.example a:b.example +all",
        "permerror",
        "b.example AAAA 2001:db8::1\nc.example MX 10 b.example.\n",
    ),
    Case(
        "two voids, and names with other records",
        "v=spf1 a:b.example a:g.example exists:x.example +all",
        "pass",
        "b.example TXT here\nx.example A 127.0.0.2",
    ),
    Case(
        "an mx all of whose exchangers are dead is one void",
        "v=spf1 mx:m.example a:g.example +all",
        "pass",
        lines("m.example MX # gone#.example.", range(10)),
    ),
    Case(
        "the void of a missing explanation does not count",
        "v=spf1 a:g1.example a:g2.example -all exp=g3.example",
        "fail",
        explanation="",
    ),
    Case(
        "an include without a record is permerror, whatever the voids",
        "v=spf1 a:g1.example include:g2.example +all",
        "permerror",
    ),
)
