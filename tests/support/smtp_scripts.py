"""What servers do wrong, as scripts for `smtp_server.serving`."""

from __future__ import annotations

import base64
import json
import ssl
import time

from tests.support.smtp_server import Peer, Script, authenticate, ehlo_answer, polite


def refusing(reply: str, **options: object) -> Script:
    return polite(answer=reply, **options)  # type: ignore[arg-type]


def waiting(peer: Peer) -> None:
    peer.wait()


def saying(*lines: str) -> Script:
    def script(peer: Peer) -> None:
        peer.say(*lines)
        peer.wait()

    return script


def web_server(peer: Peer) -> None:
    peer.hear()
    peer.say("HTTP/1.1 400 Bad Request", "Connection: close", "")


def implicit_only(peer: Peer) -> None:
    polite(implicit=True)(peer)


def dripping(peer: Peer) -> None:
    for letter in b"220 mail.example.test ESMTP and so on and on and on and on and on\r\n":
        peer.send(bytes([letter]))
        time.sleep(0.1)


def endless_line(peer: Peer) -> None:
    while True:
        peer.send(b"2" * 4096)


def endless_greeting(peer: Peer) -> None:
    while True:
        peer.send(b"220-still greeting\r\n" * 64)


def resetting(peer: Peer) -> None:
    peer.reset()


def until(verb: str, then: Script, *, encrypted: bool = True, mechanisms: str = "PLAIN LOGIN") -> Script:
    """A good server up to that command, which `then` has to answer."""

    def script(peer: Peer) -> None:
        peer.say("220 mail.example.test ESMTP")
        secure = False
        while True:
            line = peer.hear()
            word = line.split(" ")[0]
            if word == verb and (secure or not encrypted):
                return then(peer)
            if word == "EHLO":
                peer.say(*ehlo_answer(*([f"AUTH {mechanisms}"] if secure else ["STARTTLS"])))
            elif word == "STARTTLS":
                peer.say("220 go")
                peer.start_tls()
                secure = True
            elif word == "AUTH":
                peer.say(authenticate(peer, line, "235 2.7.0 ok"))
            else:
                peer.say("250 ok")

    return script


def hang_up(peer: Peer) -> None:
    peer.hang_up()


def injecting(peer: Peer) -> None:
    """Answers in clear what the client will ask when it believes itself safe (CVE-2021-38084 and its like)."""
    peer.send(b"220 go\r\n250-mail.example.test\r\n250 AUTH PLAIN\r\n")
    peer.start_tls()
    while True:
        peer.hear()
        peer.say(*ehlo_answer())


def text_in_place_of_tls(peer: Peer) -> None:
    peer.say("220 go")
    peer.hear_anything()
    peer.say("220 hello")
    peer.wait()


def old_tls(peer: Peer) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    peer.start_tls(context)


def after_user_name(peer: Peer) -> None:
    peer.say("334 VXNlcm5hbWU6")
    peer.hear()
    peer.say("535 5.7.8 Error: authentication failed: no such user")
    peer.wait()


def asking_forever(peer: Peer) -> None:
    while True:
        peer.say("334 VXNlcm5hbWU6")
        peer.hear()


def asking_twice(peer: Peer) -> None:
    for _ in range(2):
        peer.say("334 ")
        peer.hear()
    peer.say("501 5.5.2 cancelled")
    peer.wait()


def bad_challenge(peer: Peer) -> None:
    peer.say("334 ***")
    if peer.hear() == "*":
        peer.say("501 5.5.2 cancelled")
    peer.wait()


def asking_for_the_initial_response(peer: Peer) -> None:
    peer.say("334 ")
    peer.hear()
    peer.say("235 2.7.0 ok")
    peer.wait()


def token_refused(peer: Peer) -> None:
    error = {"status": "400", "schemes": "Bearer", "scope": "https://mail.google.com/"}
    peer.say("334 " + base64.b64encode(json.dumps(error).encode()).decode())
    peer.hear()
    peer.say("535 5.7.8 Username and Password not accepted.")
    peer.wait()


def quiet_at_quit(peer: Peer) -> None:
    while True:
        peer.hear_anything()


def not_without(mechanism: str) -> Script:
    """Refuses every mechanism but one as if it had never heard of it."""
    return polite(
        mechanisms="PLAIN LOGIN CRAM-MD5",
        answer=lambda used: (
            "235 2.7.0 ok" if used == mechanism else "504 5.5.4 Unrecognized authentication type"
        ),
    )


def old_tls_after_starttls(peer: Peer) -> None:
    peer.say("220 go")
    old_tls(peer)


def not_utf8(peer: Peer) -> None:
    peer.send(b"535 5.7.8 gef\xe4lscht\x07\x1b[31m\r\n")
    peer.wait()


def tls_and_silence(peer: Peer) -> None:
    peer.start_tls()
    peer.wait()


def tls_and_a_refusal(peer: Peer) -> None:
    peer.start_tls()
    saying("554 5.7.1 no")(peer)
