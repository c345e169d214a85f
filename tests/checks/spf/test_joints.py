"""Where the strings of a TXT record meet, and what runs together there."""

from __future__ import annotations

import pytest

from checks.lookup import Txt, txt
from checks.spf.joints import MAX_JOINTS, Joint, joints


@pytest.mark.parametrize(
    ("strings", "found"),
    [
        (("v=spf1 mx", "a:b.example -all"), [Joint("mxa:b.example", "mx", "a:b.example")]),
        (("v=spf1 a", "mx -all"), [Joint("amx", "a", "mx")]),
        (("v=spf1 ip4:192.0.2.1", "-all"), [Joint("ip4:192.0.2.1-all", "ip4:192.0.2.1", "-all")]),
        (("v=spf1 mx -all", "redirect=b.example"), [Joint("-allredirect=b.example", "-all", "redirect=b.example")]),
        (("v=spf1 include:a.example", "mx -all"), []),  # or include:a.examplemx
        (("v=spf1 mx ", "a -all"), []),
        (("v=spf1 mx", " a -all"), []),
        (("v=spf1", "mx -all"), []),
        (("v=spf1 include:a", "a.example -all"), []),
        (("v=spf1 include:mail.a", "mx.example -all"), []),
        (("v=spf1 mx a:b.exam", "ple -all"), []),
        (("v=spf1 x=y", "x=z -all"), []),
        (("v=spf1 mx", "foo -all"), []),
        (("v=spf1 mx -all", ""), []),
        (("", "v=spf1 mx -all"), []),
        (("v=spf2 mx", "a -all"), []),
    ],
)  # fmt: skip
def test_two_terms_run_together_at_a_joint(strings: tuple[str, ...], found: list[Joint]) -> None:
    assert list(joints(txt(*strings))) == found


def test_joints_are_looked_for_in_one_string_of_ascii() -> None:
    assert joints(txt("v=spf1 mxinclude:b.example -all")) == ()
    assert joints(Txt((b"v=spf1 mx", b"a:b.example \xe4 -all"))) == ()


def test_so_many_joints_are_looked_at() -> None:
    many = txt("v=spf1 mx", *(f"a:b{n}.example mx" for n in range(MAX_JOINTS + 1)), "-all")
    assert len(joints(many)) == MAX_JOINTS
