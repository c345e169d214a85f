"""Why a mail server does not let us in, once it talks to us. `replies.toml` says which answer means which.

Grouped by what a login then ends in (`Login.result`); `result.py` reads the groups. The fix here is the general
one; `replies.toml` has the provider's own.
"""

from __future__ import annotations

from checks.model import Rule, Severity, Topic

_FAILURE, _WARNING, _UNKNOWN = Severity.FAILURE, Severity.WARNING, Severity.UNKNOWN


def _rule(code: str, severity: Severity, title: str, meaning: str, fix: str, source: str) -> Rule:
    return Rule(f"SMTP_{code}", Topic.SMTP, severity, title, meaning, fix, source)


# Refused: somebody has to change something

WRONG_PASSWORD = _rule(
    "WRONG_PASSWORD",
    _FAILURE,
    "The server {about} does not accept the user name or the password.",
    "None of the company's mail leaves until the right ones are entered.",
    "Enter user name (mostly the whole e-mail address) and password again; after a change of password always.",
    "RFC 4954 6",
)
APP_PASSWORD_NEEDED = _rule(
    "APP_PASSWORD_NEEDED",
    _FAILURE,
    "The server {about} wants an app password in place of the account's own.",
    "The account's password is not taken from programs, however right it is.",
    "Make an app password in the security settings of the mail account, and enter that one.",
    "RFC 4954 6",
)
KEY_NEEDED = _rule(
    "KEY_NEEDED",
    _FAILURE,
    "The service {about} wants its own SMTP user name and key, and these are none.",
    "The password for its web site, or a key for something else, does not open its SMTP server.",
    "Copy the SMTP user name and the SMTP key from the settings of the service.",
    "RFC 4954 6",
)
WEB_LOGIN_NEEDED = _rule(
    "WEB_LOGIN_NEEDED",
    _FAILURE,
    "The provider of {about} wants the owner to sign in on its web site first.",
    "It found the login unusual, often because it comes from a new address.",
    "The owner of the mailbox signs in with a browser and confirms that the login was wanted.",
    "RFC 4954 6",
)
BASIC_AUTH_ENDED = _rule(
    "BASIC_AUTH_ENDED",
    _FAILURE,
    "The provider of {about} takes no passwords any more.",
    "Only a connection by OAuth, or another service for sending, still works.",
    "Connect the mailbox by OAuth, or send by another method or service.",
    "Microsoft, Exchange Team blog, 27 January 2026",
)
TOKEN_REFUSED = _rule(
    "TOKEN_REFUSED",
    _FAILURE,
    "The server {about} does not accept the OAuth access token.",
    "It has expired, was withdrawn, or is for something else than sending mail.",
    "Renew the token once; if that fails, the owner of the mailbox has to connect it again.",
    "RFC 7628 3.2.2",
)
AUTH_OFF_FOR_TENANT = _rule(
    "AUTH_OFF_FOR_TENANT",
    _FAILURE,
    "Logging in at {about} is switched off for the whole organisation.",
    "The password may be right: nobody of the organisation gets in with one.",
    "The organisation's administrator has to allow SMTP AUTH, for the organisation or for this mailbox.",
    "Microsoft Learn, authenticated client SMTP submission",
)
AUTH_OFF_FOR_MAILBOX = _rule(
    "AUTH_OFF_FOR_MAILBOX",
    _FAILURE,
    "Logging in at {about} is switched off for this mailbox.",
    "The password may be right: programs are not let in.",
    "Switch on SMTP access for the mailbox in the provider's settings.",
    "RFC 5248 X.7.13",
)
SECURITY_DEFAULTS = _rule(
    "SECURITY_DEFAULTS",
    _FAILURE,
    "The organisation's security defaults keep passwords out of {about}.",
    "The password may be right: with these defaults no program gets in with one.",
    "The administrator connects the mailbox by OAuth, or replaces the defaults by policies with an exception.",
    "Microsoft Learn, security defaults in Entra ID",
)
CONDITIONAL_ACCESS = _rule(
    "CONDITIONAL_ACCESS",
    _FAILURE,
    "A rule of the organisation keeps this login out of {about}.",
    "Conditional access, a second factor or a block of old methods: the password may be right.",
    "The administrator finds the rule in the sign-in log of this user, and makes an exception or uses OAuth.",
    "Microsoft Learn, Conditional Access",
)
ACCOUNT_LOCKED = _rule(
    "ACCOUNT_LOCKED",
    _FAILURE,
    "The account is locked at {about}.",
    "Mostly after too many wrong passwords; more tries make it longer.",
    "Wait, have the administrator unlock the account, and stop whatever else tries an old password.",
    "RFC 5248 X.7.13",
)
ACCOUNT_DISABLED = _rule(
    "ACCOUNT_DISABLED",
    _FAILURE,
    "The account is disabled at {about}.",
    "Nobody gets in with it until the host enables it.",
    "Ask the host why the mailbox is disabled.",
    "RFC 5248 X.7.13",
)
ACCOUNT_NOT_READY = _rule(
    "ACCOUNT_NOT_READY",
    _FAILURE,
    "The account at {about} is not set up for sending.",
    "The service is not activated in that account.",
    "Activate the service for sending mail in the provider's console.",
    "Amazon SES, troubleshooting SMTP",
)
OUR_ADDRESS_REFUSED = _rule(
    "OUR_ADDRESS_REFUSED",
    _FAILURE,
    "The server {about} takes no logins from our addresses.",
    "User name and password may be right: the place that we come from is not allowed.",
    "Add the platform's sending addresses to those that the provider lets in.",
    "RFC 4954 6",
)
WRONG_SERVER = _rule(
    "WRONG_SERVER",
    _FAILURE,
    "At {about} mail comes in; nobody logs in there.",
    "It is the provider's server for incoming mail.",
    "Enter the provider's server for outgoing mail.",
    "RFC 6409 1",
)
AUTH_NOT_OFFERED = _rule(
    "AUTH_NOT_OFFERED",
    _FAILURE,
    "The server {about} offers no login at this port.",
    "It is there, and encrypted, but takes no user name and password there.",
    "Use port 587 with STARTTLS or 465 with implicit TLS, and the provider's server for outgoing mail.",
    "RFC 4954 3",
)
MECHANISM_NOT_OFFERED = _rule(
    "MECHANISM_NOT_OFFERED",
    _FAILURE,
    "The server {about} offers no way of logging in that we can use.",
    "Often passwords are switched off, and only OAuth or company methods are left.",
    "Switch on logging in with a password (PLAIN or LOGIN) at the server, or connect by OAuth.",
    "RFC 4954 4",
)
LOGIN_REFUSED = _rule(
    "LOGIN_REFUSED",
    _FAILURE,
    "The server {about} refuses the login and does not say clearly why.",
    "It may be the password, or that programs are not let in at all.",
    "Sign in at the provider's web site with the same password; if that works, look for its setting for SMTP.",
    "RFC 4954 6",
)
LOGIN_REQUIRED = _rule(
    "LOGIN_REQUIRED",
    _FAILURE,
    "The server {about} wants a login before it takes mail.",
    "Something was sent without one.",
    "Enter user name and password, and switch on logging in where the mail is sent.",
    "RFC 4954 6",
)
SENDER_NOT_ALLOWED = _rule(
    "SENDER_NOT_ALLOWED",
    _FAILURE,
    "The login works at {about}, but not with this sender address.",
    "The From address is not one that this account may use.",
    "Send from the mailbox's own address, or allow or verify the address at the provider.",
    "RFC 6409 6.1",
)
SENDING_BLOCKED = _rule(
    "SENDING_BLOCKED",
    _FAILURE,
    "The account at {about} is blocked for sending.",
    "Mostly because spam left from it.",
    "Secure the account with a new password, and have the provider take the block away.",
    "RFC 5248 X.7.1",
)
PERMISSION_MISSING = _rule(
    "PERMISSION_MISSING",
    _FAILURE,
    "The login works at {about}, but has no permission to send.",
    "The rights of this key do not include sending mail.",
    "Give the key the right to send, in the provider's console.",
    "Amazon SES, troubleshooting SMTP",
)
CREDENTIALS_UNUSABLE = _rule(
    "CREDENTIALS_UNUSABLE",
    _FAILURE,
    "The user name or the password for {about} cannot be sent to any server.",
    "There is a line break or another character in it that no password has, or it is too long.",
    "Enter user name and password again, mostly copied with too much around them.",
    "RFC 4616 2",
)

# Unknown: not now; says nothing about user name and password

PASSWORD_UNREADABLE = _rule(
    "PASSWORD_UNREADABLE",
    _UNKNOWN,
    "The stored password for {about} cannot be read.",
    "It was encrypted with a key that is not here any more, so no login can be tried.",
    "Add that key behind the others in SENDWELL_SECRET_KEYS, or import the company's password again.",
    "cryptography, Fernet (MultiFernet)",
)

TOO_MANY_ATTEMPTS = _rule(
    "TOO_MANY_ATTEMPTS",
    _UNKNOWN,
    "The server {about} has seen too many tries to log in.",
    "It answers none of them for a while, right or wrong.",
    "Wait for half an hour or more, and find what keeps trying.",
    "RFC 4954 6",
)
TOO_MANY_CONNECTIONS = _rule(
    "TOO_MANY_CONNECTIONS",
    _UNKNOWN,
    "The server {about} has too many connections.",
    "It says nothing about user name and password.",
    "Try again later, with fewer connections at a time.",
    "RFC 5321 4.2.2",
)
QUOTA_USED_UP = _rule(
    "QUOTA_USED_UP",
    _UNKNOWN,
    "The account at {about} has sent all that it may for now.",
    "The limit of the plan or of the day is reached; user name and password are not the matter.",
    "Wait until the limit starts anew, or have it raised.",
    "RFC 5248 X.4.5",
)
TEMPORARY_FAULT = _rule(
    "TEMPORARY_FAULT",
    _UNKNOWN,
    "The server {about} has a fault of its own and asks to come back later.",
    "Whether user name and password are right is not known.",
    "Try again in half an hour; if it lasts for hours, the host has to mend it.",
    "RFC 4954 6",
)
ANSWER_LOST = _rule(
    "ANSWER_LOST",
    _UNKNOWN,
    "The server {about} did not answer the login.",
    "The password was sent and nothing came back; the server may have counted a try.",
    "Try again later, not at once.",
    "RFC 4954 4",
)
ANSWER_UNREADABLE = _rule(
    "ANSWER_UNREADABLE",
    _UNKNOWN,
    "The server {about} answers the login with something that is no answer.",
    "Whether user name and password are right is not known.",
    "Ask the host to look at its mail server; what it said stands in the answer.",
    "RFC 4954 4",
)

# Told beside a login that works

BASIC_AUTH_ENDS = _rule(
    "BASIC_AUTH_ENDS",
    _WARNING,
    "Microsoft switches off passwords at {about} at the end of December 2026.",
    "From then on the login fails, unless the organisation's administrator switches it on again.",
    "Before the end of December 2026: connect by OAuth, or plan to switch SMTP AUTH on again in Exchange.",
    "Microsoft, Exchange Team blog, 27 January 2026",
)

REFUSED = (
    *(WRONG_PASSWORD, APP_PASSWORD_NEEDED, KEY_NEEDED, WEB_LOGIN_NEEDED, BASIC_AUTH_ENDED, TOKEN_REFUSED),
    *(AUTH_OFF_FOR_TENANT, AUTH_OFF_FOR_MAILBOX, SECURITY_DEFAULTS, CONDITIONAL_ACCESS, ACCOUNT_LOCKED),
    *(ACCOUNT_DISABLED, ACCOUNT_NOT_READY, OUR_ADDRESS_REFUSED, WRONG_SERVER, AUTH_NOT_OFFERED),
    *(MECHANISM_NOT_OFFERED, LOGIN_REFUSED, LOGIN_REQUIRED, SENDER_NOT_ALLOWED, SENDING_BLOCKED),
    *(PERMISSION_MISSING, CREDENTIALS_UNUSABLE),
)
UNKNOWN = (
    *(TOO_MANY_ATTEMPTS, TOO_MANY_CONNECTIONS, QUOTA_USED_UP, TEMPORARY_FAULT, ANSWER_LOST),
    *(ANSWER_UNREADABLE, PASSWORD_UNREADABLE),
)
RULES = (*REFUSED, *UNKNOWN, BASIC_AUTH_ENDS)
