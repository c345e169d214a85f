"""The only way to make a domain or to split an address: one spelling for each name, whoever typed it.

A domain here is A-labels, lower case, without a trailing dot, with at least two labels. IDNA 2008 (RFC 5891)
with the mapping of UTS #46; tolerant where the DNS is: underscores (RFC 8552), hyphens in places 3 and 4, and
`xn--` labels that no registry would sell but that somebody published.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from ipaddress import ip_address
from typing import NoReturn

import email_validator
import idna

MAX_NAME = 253  # octets without the trailing dot: RFC 1035 2.3.4
MAX_LOCAL = 64  # octets: RFC 5321 4.5.3.1.1
MAX_ADDRESS = 254  # octets: RFC 5321 4.5.3.1.3, less the angle brackets

_LDH = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_UNDERSCORED = r"(?=[a-z0-9-]*_)[a-z0-9_-]{1,63}"
_LABEL = re.compile(rf"{_LDH}|{_UNDERSCORED}")
_PLAIN = re.compile(rf"(?:(?:{_LDH}|{_UNDERSCORED})\.)+(?![0-9]+\Z)(?:{_LDH}|{_UNDERSCORED})")
_DOT_ATOM = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
_NOT_ALONE = re.compile(r"[<>,;]|\s[^@]*\Z")  # a blank in the domain, or what parts addresses and names
_DOTS = re.compile("[.\u3002\uff0e\uff61]")  # UTS #46 2.3: the ideographic ones are dots too


class BadName(ValueError):
    """Not a domain, or not an address. The message says what is wrong and what to do, with text escaped."""


@dataclass(frozen=True, slots=True)
class Address:
    """An e-mail address: `local` as typed (NFC), `domain` as `domain()` gives it."""

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def domain(text: str) -> str:
    """The domain that `text` names: A-labels, lower case, no trailing dot. `BadName` if it names none."""
    name = text.lower().removesuffix(".")
    if _PLAIN.fullmatch(name) and len(name) <= MAX_NAME:
        return name
    return _mapped(text)


def address(text: str) -> Address:
    """Split an address and check its syntax alone (RFC 5321 4.1.2, RFC 6531). `BadName` if it is none."""
    if len(text) > MAX_ADDRESS:
        _refuse(text, f"is longer than an address can be ({MAX_ADDRESS} octets); enter one e-mail address")
    local, at, right = text.rpartition("@")
    if not at:
        _refuse(text, "has no @; enter an e-mail address such as info@example.com")
    if _NOT_ALONE.search(text):
        _refuse(
            text, "is not one plain address; enter it without names, blanks, brackets or a second address"
        )
    name = domain(right)
    split = Address(_local(local, text), name)
    if len(str(split).encode()) > MAX_ADDRESS:
        _refuse(text, f"is longer than an address can be ({MAX_ADDRESS} octets); enter one e-mail address")
    return split


def display(domain: str) -> str:
    """The domain for people: U-labels that lead back to the name and cannot mislead, else A-labels."""
    if "xn--" not in domain:
        return domain
    return ".".join(_shown_label(label) for label in domain.split("."))


def parents(domain: str) -> tuple[str, ...]:
    """The names above, the nearest first, down to the top-level domain: `a.b.be` → `("b.be", "be")`."""
    labels = domain.split(".")
    return tuple(".".join(labels[i:]) for i in range(1, len(labels)))


def is_below(name: str, ancestor: str) -> bool:
    """Whether `name` is a subdomain of `ancestor` (both from `domain()`); a name is not below itself."""
    return name.endswith(f".{ancestor}")


def quoted(text: str) -> str:
    """Hostile text for a message: at most 60 characters, what does not print as escapes."""
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:61])
    return f"“{safe[:59]}…”" if len(text) > 60 or len(safe) > 60 else f"“{safe}”"


def _mapped(text: str) -> str:
    """`domain()` for what is not plain ASCII, or not a domain: each refusal with its reason."""
    _refuse_what_is_something_else(text)
    try:
        mapped = idna.uts46_remap(text, std3_rules=False, transitional=False)
    except UnicodeError:
        _refuse(text, "has a character that no domain can hold; type it again without it")
    labels = _DOTS.sub(".", mapped).removesuffix(".").split(".")
    if not all(labels):
        _refuse(text, "has an empty label: two dots in a row, or a dot at the start; take the extra dot out")
    name = ".".join(_a_label(label, text) for label in labels)
    if len(name) > MAX_NAME:
        _refuse(text, f"is longer than a domain can be ({MAX_NAME} octets); enter one domain")
    if len(labels) == 1:
        _refuse(text, "is a single label, which no company owns; enter a domain such as example.com")
    if labels[-1].isdigit():
        _refuse(text, "ends in a number, as an IP address does; enter a domain such as example.com")
    return name


def _refuse_what_is_something_else(text: str) -> None:
    """Name the common mistakes before the syntax does."""
    if not text or text == ".":
        _refuse(text, "is empty; enter a domain such as example.com")
    if len(text) > MAX_NAME + 1:
        _refuse(text, f"is longer than a domain can be ({MAX_NAME} octets); enter one domain")
    if _is_ip(text):
        _refuse(text, "is an IP address; enter a domain such as example.com")
    if any(c.isspace() for c in text):
        _refuse(text, "has a blank in it; enter one domain without blanks")
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text):
        _refuse(text, "has a control character in it; type it again")
    if "@" in text:
        _refuse(text, "has an @ in it; enter the domain alone, the part behind the last @")
    if "/" in text:
        _refuse(text, "looks like a web address; enter the domain alone, such as example.com")
    if "*" in text:
        _refuse(text, "has a wildcard, which is no name that mail can use; enter the domain itself")


def _a_label(label: str, text: str) -> str:
    """One mapped label as ASCII."""
    if not label.isascii():
        try:
            return idna.alabel(label).decode().lower()
        except UnicodeError:
            _refuse(
                text, f"has a label that IDNA 2008 does not allow, {quoted(label)}; check how it is spelt"
            )
    if len(label) > 63:
        _refuse(text, f"has a label of {len(label)} octets, {quoted(label)}; a label has at most 63")
    if label.strip("-") != label and "_" not in label:
        _refuse(
            text, f"has a label that starts or ends with a hyphen, {quoted(label)}; check how it is spelt"
        )
    if not _LABEL.fullmatch(label):
        _refuse(
            text,
            f"has a character that no domain can hold, in {quoted(label)}; letters, digits and hyphens only",
        )
    return label


def _local(local: str, text: str) -> str:
    """The checked local part. The library takes 30 µs: it is asked where a dot-atom does not settle it."""
    if len(local.encode("utf-8", "replace")) > MAX_LOCAL:
        _refuse(text, f"has more than {MAX_LOCAL} octets before the @; check how it is spelt")
    if _DOT_ATOM.fullmatch(local):
        return local
    try:
        checked = email_validator.validate_email(
            f"{local}@example.com", check_deliverability=False, allow_smtputf8=True, allow_quoted_local=True
        )
    except (email_validator.EmailNotValidError, UnicodeError):
        _refuse(
            text, "is not an e-mail address: what stands before the @ cannot be right; check how it is spelt"
        )
    return checked.local_part


def _is_ip(text: str) -> bool:
    try:
        ip_address(text.strip("[]").removeprefix("IPv6:"))
    except ValueError:
        return False
    return True


def _refuse(text: str, why: str) -> NoReturn:
    raise BadName(f"{quoted(text)} {why}")


# What can pass for another name on a page (UTS #39), said with little: one script a label, and no label whose
# every letter looks like a Latin one.
_CJK = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC"})
_LOOKALIKES = frozenset("асԁеһіјӏорԛѕԝхуъьҽгпѵѡкмтвнөүαγεηικνοπρτυχωϳօոսցհզ")
_PLAIN_LATIN = re.compile(
    "[a-z0-9\u00df-\u00f6\u00f8-\u0130\u0132-\u0137\u0139-\u0148\u014a-\u017e\u0219\u021b\u1e00-\u1eff-]+"
)


def _shown_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        unicode = idna.ulabel(label)
        faithful = idna.alabel(unicode).decode() == label
    except UnicodeError:
        return label
    return unicode if faithful and _cannot_be_mistaken(unicode) else label


def _cannot_be_mistaken(label: str) -> bool:
    if _PLAIN_LATIN.fullmatch(label):
        return True
    letters = [c for c in label if unicodedata.category(c)[0] in "LM"]
    scripts = {re.split("[ -]", unicodedata.name(c, "?"))[0] for c in letters}
    return (
        (len(scripts) == 1 or scripts <= _CJK)
        and "LATIN" not in scripts
        and not _LOOKALIKES.issuperset(letters)
    )
