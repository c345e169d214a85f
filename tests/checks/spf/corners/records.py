"""What parses and what does not (RFC 7208 4.6, 12)."""

from __future__ import annotations

from tests.checks.spf.corners import Case

SYNTAX_TERMS = """
ip4 | ip4: | ip6 | ip6: | include | include: | exists | exists: | a: | mx: | ptr: | redirect= | exp=
ip4:999.0.0.1 | ip4:192.0.2 | ip4:192.0.2.1.1 | ip4:192.0.2.01 | ip4:192.0.2.1/ | ip4:192.0.2.1/33
ip4:192.0.2.1/024 | ip4:192.0.2.1/-1 | ip4:192.0.2.1/+8 | ip4:192.0.2.1//8 | ip4:2001:db8::1
ip4:%{i} | ip4:١٩٢.0.2.1 | ip4/24 | ip6:192.0.2.1 | ip6:2001:db8::/129 | ip6:2001:db8::/
ip6:2001:db8::/32//64 | ip6:2001:db8::/032 | ip6:fe80::1%eth0 | ip6:[2001:db8::1] | ip6:2001:db8:::1
a/ | a// | a/33 | a//129 | a/024 | a//064 | a/24/64 | a/24// | a/ 24 | a:/24 | a:b.example/33 | a/-1
a/٣ | mx/ | mx// | mx/33 | mx//129 | ptr/24 | ptr:b.example/24 | include:b.example/24
exists:b.example/24 | all:b.example | all. | all/8 | -all-all | --all | +-all | + | *all | a:localhost
a:b | a:b. | a:. | a:.. | a:b.1 | a:b.1. | a:192.0.2.1 | a:b.-c | a:b.c- | a:b.c_d | a:b.--
include:b.example; | a:b.exämple | a:b.exam\tple | a:b.example\r | exists:% | exists:%a | exists:%{
exists:%{} | exists:%{d | exists:%{z} | exists:%{dd} | exists:%{d0} | exists:%{d00} | exists:%{dr2}
exists:%{d2x} | exists:%{d-r} | exists:%{d2rr} | exists:%{d:} | exists:%{c} | exists:%{r}
exists:%{t} | exists:%(d) | exists:%{d}% | redirect=%{c}.b.example | exp=%{c}.b.example
exp=%{t}.b.example | redirect=b | exp=b | x=%{z} | x=% | a$b=c | 1x=y | _x=y | -x=y | =y
~exp=b.example | exp=b.example exp=b.example | redirect=b.example redirect=b.example
EXP=b.example exp=c.example | v=%{d | ipv4:192.0.2.1 | é
"""
SYNTAX = tuple(
    Case(f"{term} does not parse", f"v=spf1 ip4:192.0.2.3 {term} -all", "permerror")
    for line in SYNTAX_TERMS.strip().split("\n")
    for term in line.split(" | ")
)

FINE_TERMS = """
all= | mx:b.example,c.example | exists:%{d}.b | x= | x=y | x=!~ | x-y_z.0=1 | X=%{c}%{r}%{t} | x=%{d}
x=%_%-%% | x== | x=a:b/c | v=spf1 | redirect=%{l}._spf.%{d2} | ra=u rp=100 rr=all | a//0 | a/0
a/0//0 | a/32//128 | mx/24//64 | a:b.example/24//64 | a:b.example//64 | a:b/c.example/24
ptr:b.example. | a:b.1c | a:b.c1 | a:b.xn--c | a:b.c-d | a:b.1-c | a:_b._c.example | a:b..example
a:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.example | a:%{d} | a:b.%{d1}
a:b%% | exists:b.1%{d} | exists:%{d2r.-+,/_=} | exists:%{D} | A:B.EXAMPLE | ALL | Ip6:2001:DB8::1
ip6::: | ip6:::/0 | ip6:::ffff:192.0.2.1 | ip6:2001:db8::192.0.2.1/96 | ip4:0.0.0.0/0
ip4:192.0.2.255/8 | exp=b.example | exp=%{d} | exp=mx:b.example | a:b!c.example
"""
FINE = tuple(
    Case(f"{term} parses", f"v=spf1 ip4:192.0.2.3 {term} -all", "pass")
    for line in FINE_TERMS.strip().split("\n")
    for term in line.split(" | ")
)
