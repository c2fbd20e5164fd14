"""O7: a discovery document that is not the issuer's own, or leads elsewhere. OIDC Discovery §4.3, RFC 8414 §3.3, §6.2.

A refused document ends the start: nobody is sent anywhere, P is asked for the document and for nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from support.hostile import ABSENT, Hostile
from support.hostile_http import Reply
from support.in_process import InProcess
from support.with_p import NewApp, refuses, signs_in, variables

ISSUERS: dict[str, Callable[[str], object]] = {
    "missing": lambda own: ABSENT,
    "null": lambda own: None,
    "a list": lambda own: [own],
    "empty": lambda own: "",
    "slash at the end": lambda own: own + "/",
    "another path": lambda own: own + "x",
    "path in upper case": lambda own: own.replace("/acme", "/ACME"),
    "host in upper case": lambda own: own.replace("localhost", "LOCALHOST"),
    "another name of the host": lambda own: own.replace("localhost", "127.0.0.1"),
    "another port": lambda own: own.replace("/acme", "0/acme"),
    "another scheme": lambda own: own.replace("http:", "https:"),
    "with a query": lambda own: own + "?x",
    "with a fragment": lambda own: own + "#",
    "with a space": lambda own: own + " ",
    "of another": lambda own: "https://accounts.google.com",
}

BODIES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda usual: b"",
    "HTML": lambda usual: b"<!doctype html><title>Sign in to the network</title>",
    "a list": lambda usual: b"[" + usual + b"]",
    "a text": lambda usual: b'"' + b"x" * 100 + b'"',
    "cut": lambda usual: usual[:-1],
    "two documents": lambda usual: usual + usual,
    "a member twice": lambda usual: usual[:-1] + b', "token_endpoint": "https://evil.test/token"}',
    "the issuer twice": lambda usual: usual[:-1] + b', "issuer": "https://evil.test"}',
    "Latin-1": lambda usual: usual[:-1] + b', "x": "\xe9"}',
    "deep": lambda usual: usual[:-1] + b', "x": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "too long": lambda usual: usual[:-1] + b', "x": "' + b"x" * (1 << 16) + b'"}',
}

ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
ADDRESSES = {
    "missing": ABSENT,
    "null": None,
    "a number": 7,
    "a list": ["https://acme.test/x"],
    "empty": "",
    "a path": "/token",
    "plain http": "http://acme.test/x",
    "plain http, by number": "http://169.254.169.254/latest/meta-data/",
    "plain http, IPv6": "http://[fd00:ec2::254]/x",
    "ftp": "ftp://localhost/x",
    "a file": "file:///etc/passwd",
    "script": "javascript:alert(1)",
    "with a password": "https://user:password@acme.test/x",
    "with a fragment": "https://acme.test/x#y",
    "with a space": "https://acme.test/x y",
    "with a line end": "https://acme.test/x\r\nHost: evil.test",
    "not ASCII": "https://acme.test/é",
    "without a host": "https:///x",
}


@pytest.fixture
def app(new_app: NewApp, p: Hostile) -> InProcess:
    return new_app(VALETKEY_PROVIDERS="acme", **variables(p))


def start_fails(app: InProcess, p: Hostile, what: str) -> None:
    """P was asked for the document, once or again, and for nothing else; the user stays here."""
    p.forget()
    begun = app.browser().begin_at("acme")
    assert (begun.answer.status >= 400, begun.send_to) == (True, ""), (what, begun.send_to)
    assert {one.endpoint for one in p.journal} == {"discovery"}, what
    p.restore("discovery")
    assert app.all_rows()["accounts"] == app.all_rows()["sessions"] == 0


def recovers(app: InProcess, p: Hostile) -> None:
    """The control: the same app, once the document is right again."""
    p.reset()
    signs_in(app, p)


def test_another_issuers(app: InProcess, p: Hostile) -> None:
    for what, issuer in ISSUERS.items():
        p.metadata = {"issuer": issuer(f"{p.origin}/acme")}
        start_fails(app, p, what)
    recovers(app, p)


def test_what_is_no_document(app: InProcess, p: Hostile) -> None:
    usual = json.dumps(p.document(f"{p.origin}/acme")).encode()
    for what, body in BODIES.items():
        p.replace("discovery", body=body(usual), headers={"Content-Type": "application/json"})
        start_fails(app, p, what)
    recovers(app, p)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_an_address_that_is_none(app: InProcess, p: Hostile, endpoint: str) -> None:
    """No address of it is used, its right ones neither."""
    for what, address in ADDRESSES.items():
        p.metadata = {endpoint: address}
        start_fails(app, p, what)
    recovers(app, p)


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect(app: InProcess, p: Hostile, other_p: Hostile, status: int) -> None:
    """To another server whose document would be right, to the machine's own addresses, to P itself."""
    other_p.metadata = p.document(f"{p.origin}/acme")
    path = "/acme/.well-known/openid-configuration"
    for location in (f"{other_p.origin}{path}", "http://169.254.169.254/latest/", f"{p.origin}{path}x", "//evil.test"):
        p.reset()
        p.replace("discovery", Reply(status, headers={"Location": location}))
        start_fails(app, p, location)
        assert other_p.journal == []
    recovers(app, p)


@pytest.mark.parametrize("status", [204, 404, 503])
def test_a_status_that_is_no_success(app: InProcess, p: Hostile, status: int) -> None:
    p.replace("discovery", status=status, body=json.dumps(p.document(f"{p.origin}/acme")).encode())
    start_fails(app, p, str(status))
    recovers(app, p)


def test_more_than_64_kib_is_not_read_to_its_end(app: InProcess, p: Hostile) -> None:
    """A body that never ends, of a length that it does not say."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    p.replace("discovery", raw=head + json.dumps(p.document(f"{p.origin}/acme")).encode()[:-1] + b" " * (8 << 20))
    start_fails(app, p, "endless")
    recovers(app, p)


def test_endpoints_on_other_hosts_are_allowed_by_https_alone(app: InProcess, p: Hostile) -> None:
    """The control of the addresses: an issuer may have its endpoints elsewhere, as Google has; the user is sent on."""
    p.metadata = {"authorization_endpoint": "https://login.acme.test/authorize?tenant=1"}
    begun = app.browser().begin_at("acme")
    assert begun.send_to.startswith("https://login.acme.test/authorize?tenant=1&")


def test_an_issuer_that_ends_in_a_slash(new_app: NewApp, p: Hostile) -> None:
    """The control of the issuer: it is what the app's settings say, to the letter, in the document and in the token."""
    app = new_app(VALETKEY_PROVIDERS="acme", **variables(p, path="/acme/"))
    start_fails(app, p, "without the slash")
    p.metadata = {"issuer": f"{p.origin}/acme/"}
    refuses(app, p)  # the token's issuer has none
    p.claims = {"iss": f"{p.origin}/acme/"}
    signs_in(app, p)
