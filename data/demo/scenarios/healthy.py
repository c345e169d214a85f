"""Companies with nothing to do: most of them."""

from __future__ import annotations

from checks.company import SendingMethod
from data.demo.scenario import WITHOUT_OURS, Expected, Scenario

PLATFORM = SendingMethod.PLATFORM
SHARED_MONITORED = (
    *("gmail.com", "telenet.be", "skynet.be", "hotmail.com", "outlook.com", "ziggo.nl", "orange.fr"),
    *("free.fr", "gmx.de", "web.de", "t-online.de", "pt.lu", "icloud.com", "kpnmail.nl"),
)

HEALTHY = (
    Scenario(
        "platform: own domain, DMARC watched",
        57,
        Expected("ok", spf="missing"),
        method=PLATFORM,
        spf=(WITHOUT_OURS,),
    ),
    Scenario(
        "platform: own domain, no DMARC",
        34,
        Expected("ok", spf="missing", dmarc="absent"),
        method=PLATFORM,
        spf=(WITHOUT_OURS,),
        dmarc=(),
    ),
    Scenario(
        "platform: a domain shared by everybody",
        46,
        Expected("ok", spf="impossible"),
        method=PLATFORM,
        shared=SHARED_MONITORED,
    ),
    Scenario(
        "platform: a shared domain that refuses what is not its own",
        3,
        Expected("ok", spf="impossible", dmarc="reject"),
        method=PLATFORM,
        shared=("yahoo.fr", "aol.com"),
    ),
    Scenario(
        "platform: our include is there already",
        14,
        Expected("ok"),
        method=PLATFORM,
    ),
    Scenario(
        "platform: no SPF record at all",
        9,
        Expected("ok", spf="missing", dmarc="absent"),
        method=PLATFORM,
        spf=(),
        dmarc=(),
    ),
    Scenario(
        "platform: p=reject is no obstacle",
        12,
        Expected("ok", spf="missing", dmarc="reject"),
        method=PLATFORM,
        spf=(WITHOUT_OURS,),
        dmarc=("v=DMARC1; p=reject; rua=mailto:dmarc@<domain>",),
    ),
    Scenario("own address: our include first, DMARC watched", 76, Expected("ok")),
    Scenario(
        "own address: the profile e-mail is at a shared domain",
        6,
        Expected("ok"),
        email=("<slug>@gmail.com", "<slug>@telenet.be", "<slug>@orange.fr", "<slug>@gmx.de"),
    ),
    Scenario("own address: an IDN domain", 5, Expected("ok"), idn=True),
    Scenario(
        "platform: an IDN domain",
        3,
        Expected("ok", spf="missing"),
        method=PLATFORM,
        spf=(WITHOUT_OURS,),
        idn=True,
    ),
)
