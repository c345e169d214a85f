"""What can be said of the way to a mail server: may we go there, does it answer, is the connection secure.

Grouped by what a login then ends in (`Login.result`); `result.py` reads the groups.
"""

from __future__ import annotations

from checks.model import Rule, Severity, Topic

_FAILURE, _UNKNOWN = Severity.FAILURE, Severity.UNKNOWN


def _rule(code: str, severity: Severity, title: str, meaning: str, fix: str, source: str) -> Rule:
    return Rule(f"SMTP_{code}", Topic.SMTP, severity, title, meaning, fix, source)


# Refused by ourselves: nothing was sent

HOST_MALFORMED = _rule(
    "HOST_MALFORMED",
    _FAILURE,
    "What is entered as the mail server is no name of a server.",
    "There is nothing to connect to: none of the mail leaves.",
    "Enter the name that the provider gives for outgoing mail, such as smtp.example.com, without https:// and port.",
    "RFC 5321 2.3.5",
)
HOST_IS_ADDRESS = _rule(
    "HOST_IS_ADDRESS",
    _FAILURE,
    "The mail server is entered as an IP address.",
    "No certificate can say whose server that is, so the password is not sent there.",
    "Enter the server's name instead: the one that its certificate is for.",
    "RFC 6125 1.7.2",
)
ADDRESS_NOT_PUBLIC = _rule(
    "ADDRESS_NOT_PUBLIC",
    _FAILURE,
    "The name {about} leads to an address that is not on the public Internet.",
    "From here that address is somebody else's or nobody's, so no connection was made.",
    "Enter the name under which the server is reached from the Internet, or have its address published in the DNS.",
    "RFC 6890",
)
PORT_NOT_ALLOWED = _rule(
    "PORT_NOT_ALLOWED",
    _FAILURE,
    "The port is none at which mail programs log in.",
    "No connection was made.",
    "Use 465 with implicit TLS or 587 with STARTTLS; 2465, 2525 and 2587 where the provider names them.",
    "RFC 8314 3.3",
)

# Unreachable: the server was not reached, or did not greet us

HOST_UNKNOWN = _rule(
    "HOST_UNKNOWN",
    _FAILURE,
    "The DNS knows no server called {about}.",
    "There is nowhere to hand the mail over.",
    "Check how the name is spelt, and use the one that the provider gives for outgoing mail.",
    "RFC 5321 5.1",
)
CONNECTION_REFUSED = _rule(
    "CONNECTION_REFUSED",
    _FAILURE,
    "Nothing listens at the port of {about}, or a firewall turns us away.",
    "The server is there, and no mail program listens at that port.",
    "Check the port: 465 with implicit TLS, 587 with STARTTLS. If it is right, the host must open it for us.",
    "RFC 8314 3.3",
)
TIMED_OUT = _rule(
    "TIMED_OUT",
    _FAILURE,
    "The server {about} did not answer in time.",
    "A firewall may swallow the connection, the port may be wrong, or the server is overloaded.",
    "Check host and port; if they are right, ask the host whether a firewall holds back our addresses.",
    "RFC 5321 4.5.3.2",
)
NO_ROUTE = _rule(
    "NO_ROUTE",
    _FAILURE,
    "No network leads to {about}.",
    "The connection failed before it reached the server.",
    "Try again later; if it lasts, ask the host whether its network is up and its address in the DNS is right.",
    "RFC 1122 3.2.2.1",
)
CONNECTION_LOST = _rule(
    "CONNECTION_LOST",
    _FAILURE,
    "The server {about} hung up before we could log in.",
    "No password was sent. Often a limit or a ban of our address on the server's side.",
    "Try again later; if it lasts, ask the host whether our addresses are blocked.",
    "RFC 5321 3.8",
)
TURNED_AWAY = _rule(
    "TURNED_AWAY",
    _FAILURE,
    "The server {about} greets us with a refusal.",
    "It takes no connection from us, now or at all; no password was sent.",
    "Ask the host why it refuses our addresses, and whether this is its server for outgoing mail.",
    "RFC 5321 3.1",
)
TURNED_AWAY_FOR_NOW = _rule(
    "TURNED_AWAY_FOR_NOW",
    _FAILURE,
    "The server {about} takes no connection at the moment.",
    "It greets us with a request to come back later; no password was sent. Mostly it is busy, or we came too often.",
    "Try again later, not at once; if it lasts for hours, ask the host whether it holds back our addresses.",
    "RFC 5321 4.2.1",
)
NOT_SMTP = _rule(
    "NOT_SMTP",
    _FAILURE,
    "What answers at {about} is no mail server.",
    "Host or port belong to something else, such as a web site or IMAP.",
    "Enter the server and port for outgoing mail (SMTP), not those for reading mail or for the web.",
    "RFC 5321 4.2",
)

# Insecure: reached, but not in a way that a password may travel

CERTIFICATE_EXPIRED = _rule(
    "CERTIFICATE_EXPIRED",
    _FAILURE,
    "The certificate of {about} has expired.",
    "Nobody vouches any more that it is this server, so the password was not sent.",
    "The host has to renew the certificate of its mail server.",
    "RFC 5280 4.1.2.5",
)
CERTIFICATE_NOT_YET_VALID = _rule(
    "CERTIFICATE_NOT_YET_VALID",
    _FAILURE,
    "The certificate of {about} is not valid yet.",
    "The password was not sent.",
    "The host has to install a certificate that is valid now, or set the clock of the machine that made it.",
    "RFC 5280 4.1.2.5",
)
CERTIFICATE_WRONG_NAME = _rule(
    "CERTIFICATE_WRONG_NAME",
    _FAILURE,
    "The certificate that {about} shows is for another name.",
    "It may be another server, so the password was not sent. Typical for mail.company.example on shared hosting.",
    "Enter the provider's own name for the server: the one that the certificate is for.",
    "RFC 6125 6",
)
CERTIFICATE_SELF_SIGNED = _rule(
    "CERTIFICATE_SELF_SIGNED",
    _FAILURE,
    "The certificate of {about} is signed by itself or by an authority of its own.",
    "Anybody can make such a certificate, so the password was not sent.",
    "The host has to install a certificate of a public authority; or enter the provider's own name for the server.",
    "RFC 8314 4.2",
)
CERTIFICATE_UNKNOWN_ISSUER = _rule(
    "CERTIFICATE_UNKNOWN_ISSUER",
    _FAILURE,
    "Who signed the certificate of {about} is not known.",
    "An intermediate certificate is missing, or the authority is none that is trusted. The password was not sent.",
    "The host has to send the whole chain of certificates, up to a public authority.",
    "RFC 5280 6",
)
CERTIFICATE_REFUSED = _rule(
    "CERTIFICATE_REFUSED",
    _FAILURE,
    "The certificate of {about} does not verify.",
    "The password was not sent.",
    "The host has to install a certificate that verifies; what is wrong with this one stands in the answer.",
    "RFC 5280 6",
)
STARTTLS_MISSING = _rule(
    "STARTTLS_MISSING",
    _FAILURE,
    "The server {about} offers no encryption at this port.",
    "The password would travel in clear, so it was not sent. Somebody on the way may also have taken the offer out.",
    "Try port 465 with implicit TLS; otherwise the host has to switch on STARTTLS.",
    "RFC 8314 4.1",
)
TLS_MODE_MIXED_UP = _rule(
    "TLS_MODE_MIXED_UP",
    _FAILURE,
    "Port and kind of encryption of {about} do not fit each other.",
    "One side waits for TLS and the other for text, so nothing is said. The password was not sent.",
    "Choose implicit TLS for port 465, and STARTTLS for port 587.",
    "RFC 8314 3.3",
)
TLS_FAILED = _rule(
    "TLS_FAILED",
    _FAILURE,
    "No TLS connection could be set up with {about}.",
    "Often the server knows only TLS 1.1 or older, or its TLS is broken. The password was not sent.",
    "The host has to offer TLS 1.2 or newer.",
    "RFC 8996",
)
TLS_REQUIRED = _rule(
    "TLS_REQUIRED",
    _FAILURE,
    "The server {about} lets nobody log in without encryption.",
    "The connection was not encrypted in the way that the server wants.",
    "Choose STARTTLS with port 587, or implicit TLS with port 465.",
    "RFC 4954 6",
)

# Unknown: we could not find out

LOOKUP_FAILED = _rule(
    "LOOKUP_FAILED",
    _UNKNOWN,
    "The address of {about} could not be looked up.",
    "Whether the server lets us in is not known.",
    "Try again later; if it lasts, the name servers of the domain do not answer.",
    "RFC 1035 4.1.1",
)
TLS_UNAVAILABLE = _rule(
    "TLS_UNAVAILABLE",
    _UNKNOWN,
    "The server {about} offers encryption and cannot start it now.",
    "A fault on its side; no password was sent.",
    "Try again later; if it lasts, the host has to mend the TLS of its mail server.",
    "RFC 3207 4",
)

BY_OURSELVES = (HOST_MALFORMED, HOST_IS_ADDRESS, ADDRESS_NOT_PUBLIC, PORT_NOT_ALLOWED)
UNREACHABLE = (
    *(HOST_UNKNOWN, CONNECTION_REFUSED, TIMED_OUT, NO_ROUTE, CONNECTION_LOST, TURNED_AWAY),
    *(TURNED_AWAY_FOR_NOW, NOT_SMTP),
)
INSECURE = (
    *(CERTIFICATE_EXPIRED, CERTIFICATE_NOT_YET_VALID, CERTIFICATE_WRONG_NAME, CERTIFICATE_SELF_SIGNED),
    *(CERTIFICATE_UNKNOWN_ISSUER, CERTIFICATE_REFUSED, STARTTLS_MISSING, TLS_MODE_MIXED_UP, TLS_FAILED),
    TLS_REQUIRED,
)
UNKNOWN = (LOOKUP_FAILED, TLS_UNAVAILABLE)
RULES = (*BY_OURSELVES, *UNREACHABLE, *INSECURE, *UNKNOWN)
