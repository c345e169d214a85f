"""Words to make companies of. Family names are made up of syllables."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

COUNTRIES = (
    # country, language, weight
    ("BE", "nl", 27),
    ("BE", "fr", 15),
    ("NL", "nl", 21),
    ("FR", "fr", 15),
    ("DE", "de", 13),
    ("LU", "fr", 4),
    ("AT", "de", 3),
    ("IE", "en", 2),
)
SEGMENTS = (("freelancer", 30), ("small business", 45), ("mid-size", 15), ("accountant", 8), ("large", 2))


@dataclass(frozen=True, slots=True)
class Words:
    """How companies of one language are called, and the local parts that they use."""

    heads: tuple[str, ...]
    tails: tuple[str, ...]
    trades: tuple[str, ...]
    local_parts: tuple[str, ...]
    billing: str


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


WORDS = {
    "nl": Words(
        _words("Klaver Wilgen Zilver Molen Hage Ooste Berken Linde Roze Water Esse Valken"),
        _words("donk voorde beemd rade wijck schoten laere mersch hoeve straete gaerde"),
        _words(
            "Bakkerij Garage Schrijnwerkerij Dakwerken Boekhouding Tuinen Drukkerij Slagerij "
            "Architecten Transport Elektro Kapsalon Interieur Advocaten Tandartsen Fietsen"
        ),
        _words("info boekhouding administratie jan an els kantoor pieter contact"),
        "facturen",
    ),
    "fr": Words(
        _words("Beau Clair Haut Mont Roche Fontaine Bois Champ Belle Grand Saule Orme"),
        _words("vernay lisse mourier dorval brunel semoy tillac rivoire martel gency roux"),
        _words(
            "Boulangerie Menuiserie Garage Cabinet Imprimerie Transports Jardins Toitures "
            "Ateliers Fiduciaire Pharmacie Optique Traiteur Carrelages Vignobles Studio"
        ),
        _words("info compta contact bureau marie luc secretariat direction sophie"),
        "factures",
    ),
    "de": Words(
        _words("Linden Birken Silber Hasel Eichen Falken Morgen Stein Rosen Winter Erlen"),
        _words("brück tal feldner hofer rieder kamp bühl waldt horster stätter grund"),
        _words(
            "Bäckerei Tischlerei Autohaus Kanzlei Druckerei Spedition Gartenbau Metzgerei "
            "Steuerbüro Elektro Malerei Physiotherapie Fahrräder Dachbau Optik Weingut"
        ),
        _words("info buchhaltung kontakt buero anna jonas verwaltung zentrale"),
        "rechnung",
    ),
    "en": Words(
        _words("Ash Brook Clover Dun Elder Fern Glen Haw Moor Rowan Stan Whin"),
        _words("combe garvan lough mullen strand thorpe wick farrow kellan more"),
        _words("Bakery Joinery Motors Accountants Print Haulage Gardens Roofing Studio Dental"),
        _words("info accounts office hello mary sean"),
        "invoices",
    ),
}
LEGAL = {
    ("BE", "nl"): ("BV", "NV", "VOF", ""),
    ("BE", "fr"): ("SRL", "SA", "SNC", ""),
    ("NL", "nl"): ("B.V.", "VOF", ""),
    ("FR", "fr"): ("SARL", "SAS", "EURL", ""),
    ("LU", "fr"): ("S.à r.l.", "S.A."),
    ("DE", "de"): ("GmbH", "GmbH & Co. KG", "e.K.", ""),
    ("AT", "de"): ("GmbH", "KG", ""),
    ("IE", "en"): ("Ltd", "DAC", ""),
}
ACCENTED = {"nl": "Café Zoë", "fr": "Crêperie", "de": "Müller-Möbel", "en": "Siopa Bán"}
"""What IDN companies sell: the domain gets its accents."""

_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "&": "en"})


def slug(text: str) -> str:
    """ASCII letters, digits and single hyphens: `Bäckerei Lindenbrück` → `baeckerei-lindenbrueck`."""
    spelt = unicodedata.normalize("NFKD", text.casefold().translate(_SPELT_OUT))
    return _hyphenated(c if c.isascii() else "" for c in spelt)


def accented_slug(text: str) -> str:
    """The same with its accents kept, for an internationalised domain."""
    return _hyphenated(unicodedata.normalize("NFC", text.casefold()))


def _hyphenated(characters: Iterable[str]) -> str:
    kept = "".join(c if c.isalnum() else " " * len(c) for c in characters)
    return "-".join(kept.split())
