"""O28: a code, verifier, nonce, token, client secret or signing key stands in no page, address, log or row.

C10 to C12 search what the sandbox has issued. Here P repeats the secrets that it was sent, in every reply that fails.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, quote, unquote, urlencode

import pytest
from support.apples import NAMELESS, apple_variables
from support.hostile import Hostile
from support.hostile_http import Reply, Request
from support.in_process import InProcess, Visitor
from support.servers import SECRET
from support.with_p import NewApp, a_person, signs_in, variables

NAMES = ("acme", "github", "apple")


def repeats(status: int, html: bool = False) -> Callable[[Request, Callable[[], Reply]], Reply]:
    """A refusal that quotes the request."""

    def reply(request: Request, usual: Callable[[], Reply]) -> Reply:
        said = f"{request.body.decode()} {request.headers.get('authorization')}"
        if html:
            return Reply(status, f"<html><body>{said}</body></html>".encode())
        return Reply(status, {"error": "invalid_grant", "error_description": said, "error_uri": f"http://x/?{said}"})

    return reply


def forms(secret: str) -> Iterator[str]:
    """As it is, and as it would stand in an address, in hexadecimal digits, and in base64 of a text that has it."""
    yield secret
    yield quote(secret, safe="")
    yield secret.encode().hex()
    for offset in range(3):
        inner = base64.b64encode(b"\0" * offset + secret.encode())[4 if offset else 0 : -4].decode()
        yield inner
        yield inner.replace("+", "-").replace("/", "_")


def found(secrets: dict[str, set[str]], text: str) -> list[str]:
    return [kind for kind, values in secrets.items() for one in values if any(form in text for form in forms(one))]


def life(app: InProcess, p: Hostile, name: str) -> list[Visitor]:
    """Logins that land, and that fail in each way; each visits its last page and its page collects it."""
    p.claims = dict(NAMELESS) if name == "apple" else {}
    profiles = []

    def one(cancels: bool = False) -> None:
        profile = app.browser()
        begun = profile.begin_at(name)
        callback = p.refuse(begun.send_to)
        answer = profile.come_back(callback) if cancels else profile.return_from(p, begun, a_person())
        if answer.send_to:
            answer = profile.come_back(p.approve(answer.send_to, a_person()))
        if answer.header("location"):
            profile.visit(answer.header("location") or "")
        profile.session(begun.login)
        profile.collect(begun.login)
        profiles.append(profile)

    one()
    for status, html in ((400, False), (401, False), (200, False), (500, True), (403, True)):
        p.replace("token", repeats(status, html))
        one()
        p.restore("token")
    for claims in ({"nonce": "x"}, {"aud": "x"}, {"sub": ""}, {"exp": 1}):
        p.claims = {**p.claims, **claims}
        one()
        p.claims = {key: value for key, value in p.claims.items() if key not in claims}
    for endpoint in ("profile", "userinfo"):
        p.replace(endpoint, repeats(403), times=1)
        one()
        p.restore(endpoint)
    one(cancels=True)
    one()
    profiles[-1].sign_out()
    return profiles


def secrets_of(p: Hostile) -> dict[str, set[str]]:
    sent = [dict(one.form) for one in p.calls("token")]
    basics = {one.headers["authorization"] for one in p.calls("token") if "authorization" in one.headers}
    return {
        **p.secrets,
        "sent secret": {one["client_secret"] for one in sent if "client_secret" in one},
        "Authorization": {one.partition(" ")[2] for one in basics},
        "app's secret": {SECRET},
    }


@pytest.fixture
def app(new_app: NewApp, p: Hostile) -> InProcess:
    github = {"GITHUB_CLIENT_ID": p.client_id, "GITHUB_CLIENT_SECRET": p.client_secret}
    return new_app(
        VALETKEY_PROVIDERS=",".join(NAMES),
        VALETKEY_GITHUB_BASE=f"{p.origin}/github",
        **variables(p),
        **apple_variables(p),
        **github,
    )


@pytest.fixture
def keys(p: Hostile) -> set[str]:
    """Apple's private key: its lines."""
    pem = apple_variables(p)["APPLE_PRIVATE_KEY"]
    return {line for line in pem.splitlines() if not line.startswith("-----")}


@pytest.mark.parametrize("name", NAMES)
def test_nowhere(app: InProcess, p: Hostile, keys: set[str], caplog: pytest.LogCaptureFixture, name: str) -> None:
    """Every log at its lowest level; every page, header and address; the whole database with its write-ahead log."""
    caplog.set_level(logging.DEBUG)
    profiles = life(app, p, name)
    secrets = {**secrets_of(p), "signing key": keys}
    kinds = {kind for kind, values in secrets.items() if values}
    assert kinds >= {"code", "access token", "verifier", "client secret", "app's secret", "signing key"}
    assert ("nonce" in kinds) is (name != "github")
    assert kinds >= ({"Authorization"} if name == "acme" else {"sent secret"})
    assert len(secrets["verifier"]) > 8

    assert "valetkey" in caplog.text and "invalid_grant" in caplog.text  # it is there, and says what failed
    assert found(secrets, caplog.text) == []

    rows = b"".join(file.read_bytes() for file in sorted(app.database.parent.glob(f"{app.database.name}*")))
    assert profiles[0].account()["id"].encode() in rows
    assert found(secrets, rows.decode("latin-1")) == []

    kept = "\n".join(value for profile in profiles for one in profile.seen for value in one.all("set-cookie"))
    assert found(secrets, kept) == []

    start = {name: secrets.pop(name) for name in ("nonce", "code")}
    shown = "\n".join(_shown(profile) for profile in profiles)
    assert p.grants[-1].start["state"] in shown  # the control of the search
    assert found(secrets, shown) == []
    # The nonce stands in the address at P, and the code in the callback's, which P wrote. No other page has them.
    others = "\n".join(_own(p, profile) for profile in profiles)
    assert "/auth/" in others
    assert found(start, others) == []


def _shown(profile: Visitor) -> str:
    parts = []
    for one in profile.seen:
        kept = [f"{name}: {value}" for name, value in one.headers if name.lower() != "set-cookie"]
        parts += [one.url, *kept, one.text]
    text = "\n".join(parts)
    return text + unquote(text)


def _own(p: Hostile, profile: Visitor) -> str:
    """What we wrote, without the address at P, and without the redirect that hands a form on."""
    answers = [one for one in profile.seen if not one.url.endswith("/return") and not one.send_to]
    text = "\n".join(f"{one.header('location')}\n{one.text}" for one in answers)
    return text + unquote(text)


@pytest.mark.parametrize("name", NAMES)
def test_no_page_sends_its_address_on(app: InProcess, p: Hostile, name: str) -> None:
    """The callback's address has the code: what is loaded or opened from there gets no Referer."""
    for profile in life(app, p, name):
        assert len(profile.seen) > 3
        for one in profile.seen:
            assert one.header("referrer-policy") == "no-referrer", one.url
            assert "no-store" in (one.header("cache-control") or ""), one.url


@pytest.mark.parametrize("name", NAMES)
def test_addresses_of_requests(app: InProcess, p: Hostile, keys: set[str], name: str) -> None:
    """What P, and any proxy on the way, has in its access log: no secret stands in an address or a Referer, but the
    nonce, and the challenge of the verifier."""
    life(app, p, name)
    secrets = {**secrets_of(p), "signing key": keys}
    asked = [one for one in p.journal if one.endpoint != "authorize"]
    assert {one.endpoint for one in asked} >= {"token"}
    for one in asked:
        assert found(secrets, f"{one.path}?{urlencode(one.query)}") == []
        assert "referer" not in one.headers
    for start in (dict(parse_qsl(urlencode(one.query))) for one in p.calls("authorize")):
        assert found({**secrets, "nonce": set(), "code": set()}, urlencode(start)) == []


def test_how_settings_show_themselves(app: InProcess, p: Hostile, keys: set[str]) -> None:
    """In a traceback or a debugger."""
    signs_in(app, p)
    shown = repr(app.settings) + "".join(repr((one, one.protocol)) for one in app.settings.providers)
    assert p.client_id in shown
    assert found({**secrets_of(p), "signing key": keys}, shown) == []
