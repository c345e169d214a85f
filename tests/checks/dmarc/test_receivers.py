"""What becomes of our mail at a receiver that follows the RFC, and by the rules of the three large ones."""

from itertools import product

import pytest

from checks.company import DmarcState
from checks.dmarc import receiver_rules
from checks.dmarc.ours import vouched
from checks.dmarc.receivers import (
    WHY,
    Authentication,
    Delivery,
    Fate,
    Receiver,
    Why,
    delivery,
    expectations,
    judge,
)
from checks.model import Severity

ABSENT, NONE, QUARANTINE, REJECT = (
    DmarcState.ABSENT,
    DmarcState.NONE,
    DmarcState.QUARANTINE,
    DmarcState.REJECT,
)
ACCEPTED, AT_RISK, REFUSED, UNKNOWN = Fate.ACCEPTED, Fate.AT_RISK, Fate.REFUSED, Fate.UNKNOWN


def seen(
    policy: DmarcState,
    *,
    spf: bool | None = True,
    aligned: bool = True,
    refuses: bool = False,
    dkim: str = "none",
    domain: str = "a.be",
) -> Authentication:
    signed = dkim == "tenant"
    mail = vouched(policy, spf_passes=spf, spf_aligned=aligned, dkim_aligned=signed)
    return Authentication(domain, mail, spf, refuses, dkim != "none", signed)


@pytest.mark.parametrize(
    ("mail", "fate", "why"),
    [
        (seen(REJECT), ACCEPTED, Why.PASSES_BY_SPF),
        (seen(REJECT, dkim="tenant"), ACCEPTED, Why.PASSES_BY_BOTH),
        (seen(REJECT, dkim="tenant", aligned=False), ACCEPTED, Why.PASSES_BY_DKIM),
        (seen(REJECT, dkim="tenant", spf=None), ACCEPTED, Why.PASSES_BY_DKIM),
        (seen(REJECT, dkim="tenant", spf=False, refuses=True), AT_RISK, Why.SPF_REFUSES),
        (seen(REJECT, dkim="platform", spf=False), REFUSED, Why.POLICY_REJECT),
        (seen(REJECT, aligned=False), REFUSED, Why.POLICY_REJECT),
        (seen(QUARANTINE, spf=False), AT_RISK, Why.POLICY_QUARANTINE),
        (seen(QUARANTINE, spf=None), UNKNOWN, Why.SPF_UNKNOWN),
        (seen(NONE, aligned=False), ACCEPTED, Why.POLICY_NONE),
        (seen(NONE), ACCEPTED, Why.PASSES_BY_SPF),
        (seen(NONE, spf=False), AT_RISK, Why.NOT_AUTHENTICATED),
        (seen(NONE, spf=False, refuses=True), AT_RISK, Why.SPF_REFUSES),
        (seen(NONE, spf=None), UNKNOWN, Why.SPF_UNKNOWN),
        (seen(ABSENT), ACCEPTED, Why.NO_POLICY),
        (seen(DmarcState.INVALID, dkim="platform", spf=False), ACCEPTED, Why.NO_POLICY),
        (seen(ABSENT, spf=False), AT_RISK, Why.NOT_AUTHENTICATED),
        (seen(DmarcState.UNKNOWN), UNKNOWN, Why.POLICY_UNKNOWN),
    ],
)
def test_a_receiver_that_follows_the_rfc(mail: Authentication, fate: Fate, why: Why) -> None:
    assert delivery(mail) == Delivery(fate, why)
    assert WHY[why].endswith(".")


def table(mail: Authentication) -> dict[str, tuple[Fate, str]]:
    return {
        f"{e.receiver} {'large' if e.large else 'small'}": (e.fate, e.rule.partition("_")[2])
        for e in expectations(mail)
    }


def test_all_is_well() -> None:
    assert table(seen(NONE, dkim="tenant")) == {
        "Gmail small": (ACCEPTED, "WANTS_SPF_OR_DKIM"),
        "Gmail large": (ACCEPTED, "WANTS_MORE_OF_LARGE_SENDERS"),
        "Yahoo small": (ACCEPTED, "WANTS_SPF_OR_DKIM"),
        "Yahoo large": (ACCEPTED, "WANTS_MORE_OF_LARGE_SENDERS"),
        "Outlook.com small": (ACCEPTED, "RECOMMENDS_SPF_AND_DKIM"),
        "Outlook.com large": (ACCEPTED, "WANTS_MORE_OF_LARGE_SENDERS"),
    }
    assert judge(seen(NONE, dkim="tenant")) == ()


def test_spf_alone_is_enough_for_small_senders_only() -> None:
    fates = {name: fate for name, (fate, _) in table(seen(ABSENT)).items()}
    assert fates == {
        "Gmail small": ACCEPTED,
        "Gmail large": AT_RISK,
        "Yahoo small": ACCEPTED,
        "Yahoo large": AT_RISK,
        "Outlook.com small": ACCEPTED,
        "Outlook.com large": REFUSED,
    }
    gmail, *_ = judge(seen(ABSENT))
    assert (gmail.rule, gmail.severity, gmail.matters) == (
        "GMAIL_WANTS_MORE_OF_LARGE_SENDERS",
        Severity.NOTE,
        False,
    )
    assert [(e.expected, e.found) for e in gmail.evidence] == [
        ("a DKIM signature", "the platform does not sign"),
        ("a DMARC policy, p=none at least", "DMARC absent"),
    ]


def test_neither_spf_nor_dkim() -> None:
    fates = {name: fate for name, (fate, _) in table(seen(NONE, spf=False)).items()}
    assert fates == {
        "Gmail small": REFUSED,
        "Gmail large": REFUSED,
        "Yahoo small": REFUSED,
        "Yahoo large": REFUSED,
        "Outlook.com small": AT_RISK,
        "Outlook.com large": REFUSED,
    }
    assert {f.rule for f in judge(seen(NONE, spf=False))} == {
        "GMAIL_WANTS_SPF_OR_DKIM",
        "YAHOO_WANTS_SPF_OR_DKIM",
        "MICROSOFT_RECOMMENDS_SPF_AND_DKIM",
        "MICROSOFT_WANTS_MORE_OF_LARGE_SENDERS",
    }


def test_alignment_by_either_is_enough() -> None:
    by_dkim = seen(NONE, aligned=False, dkim="tenant")
    by_spf = seen(NONE, aligned=True, dkim="platform")
    by_none = seen(NONE, aligned=False, dkim="platform")
    assert {fate for fate, _ in table(by_dkim).values()} == {ACCEPTED}
    assert {fate for fate, _ in table(by_spf).values()} == {ACCEPTED}
    assert table(by_none)["Gmail large"][0] is AT_RISK


@pytest.mark.parametrize(("policy", "fate"), [(REJECT, REFUSED), (QUARANTINE, AT_RISK)])
def test_the_domains_own_policy_comes_first(policy: DmarcState, fate: Fate) -> None:
    mail = seen(policy, aligned=False, dkim="platform")
    assert set(table(mail).values()) == {(fate, "TURNS_OUR_MAIL_AWAY")}
    assert judge(mail) == ()  # it is said by DMARC_TURNS_OUR_MAIL_AWAY


@pytest.mark.parametrize(
    "mail", [seen(DmarcState.UNKNOWN, aligned=False, dkim="platform"), seen(NONE, spf=None)]
)
def test_what_could_not_be_looked_up_is_unknown(mail: Authentication) -> None:
    assert {fate for fate, _ in table(mail).values()} <= {UNKNOWN, AT_RISK, REFUSED}
    assert table(mail)["Gmail small"][0] is UNKNOWN


def test_gmail_mistrusts_its_own_name_in_other_hands() -> None:
    mail = seen(NONE, spf=False, domain="gmail.com")
    assert table(mail)["Gmail small"] == (AT_RISK, "WANTS_NO_GMAIL_FROM")
    assert table(mail)["Yahoo small"] == (REFUSED, "WANTS_SPF_OR_DKIM")


def test_every_mail_has_a_fate_everywhere() -> None:
    ways = product(
        DmarcState, (True, False, None), (True, False), (True, False), ("none", "platform", "tenant")
    )
    for policy, spf, aligned, refuses, dkim in ways:
        mail = seen(policy, spf=spf, aligned=aligned, refuses=refuses, dkim=dkim)
        assert delivery(mail).why in WHY
        found = expectations(mail)
        assert [(e.receiver, e.large) for e in found] == list(product(Receiver, (False, True)))
        assert all(e.unmet or e.fate in (ACCEPTED, UNKNOWN) for e in found)


def test_each_rule_names_its_page_and_its_day() -> None:
    for rule in receiver_rules.RULES:
        assert "since" in rule.source
        assert rule.code.partition("_")[0] in ("GMAIL", "YAHOO", "MICROSOFT")
    assert "2025-05-05" in receiver_rules.MICROSOFT_LARGE_SENDERS.source


def test_the_words_that_pages_and_programs_read() -> None:
    assert [*Fate] == ["accepted", "at risk", "refused", "unknown"]
    assert [*Receiver] == ["Gmail", "Yahoo", "Outlook.com"]
    assert [*Why] == [
        "passes by SPF",
        "passes by DKIM",
        "passes by both",
        "no policy",
        "policy none",
        "policy quarantine",
        "policy reject",
        "SPF refuses",
        "not authenticated",
        "SPF unknown",
        "policy unknown",
    ]


def test_what_a_large_sender_lacks_is_said_in_full() -> None:
    mail = seen(ABSENT, spf=False, aligned=False, dkim="platform")
    (microsoft,) = (e for e in expectations(mail) if e.large and e.receiver is Receiver.MICROSOFT)
    assert [(e.expected, e.found) for e in microsoft.unmet] == [
        ("SPF that passes", "SPF does not pass"),
        ("a DMARC policy, p=none at least", "DMARC absent"),
        ("SPF or DKIM that passes for From's own organisation", "neither is aligned"),
    ]
    nobody = seen(NONE, spf=False)
    (gmail,) = (e for e in expectations(nobody) if not e.large and e.receiver is Receiver.GMAIL)
    assert [(e.expected, e.found) for e in gmail.unmet] == [("SPF or DKIM that passes", "neither")]
    google = expectations(seen(NONE, spf=False, domain="gmail.com"))[0]
    assert [(e.expected, e.found) for e in google.unmet] == [
        ("From at a domain of the sender's own", "gmail.com")
    ]


def test_a_gmail_address_that_passes_is_nobodys_mistrust() -> None:
    assert table(seen(NONE, domain="googlemail.com"))["Gmail small"] == (ACCEPTED, "WANTS_SPF_OR_DKIM")
    assert table(seen(NONE, aligned=False, domain="googlemail.com"))["Gmail small"][0] is AT_RISK
