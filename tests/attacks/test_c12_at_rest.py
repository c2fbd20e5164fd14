"""C12: a thief of the database, its write-ahead log, its backup and all logs is not signed in by any of it. No
secret lies there, plain or encoded; and no string found there signs anybody in, as cookie, bearer, code or verifier, or
as the key of a pass."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, quote, urlsplit

import jwt
import pytest
from support.browser import Browser
from support.fronts import at_both
from support.nodes import Fleet, a_person
from support.rows import PostgreSQLRows, Rows
from support.servers import SECRET

from valetkey.crypto import Secret
from valetkey.crypto.keys import Keys
from valetkey.sessions.tokens import TYPE

PAGE = "https://app.example"
STRINGS = re.compile(rb"[A-Za-z0-9_.~+/=-]{16,2048}")
MANY = 3000  # strings; the control of how much was found


class Stolen:
    """What lies about, and what must not."""

    def __init__(self, fleet: Fleet) -> None:
        self.dump = fleet.rows.dump()
        self.logs = fleet.logs.encode()

    def __contains__(self, secret: str) -> bool:
        return any(form in self.dump or form in self.logs for form in forms(secret))

    def strings(self, within: bytes) -> set[str]:
        return {found.decode() for found in STRINGS.findall(within)}


def forms(secret: str) -> Iterator[bytes]:
    """As it is, and as it would lie there if somebody had put it into something."""
    raw = secret.encode()
    yield raw
    yield quote(secret, safe="").encode()
    yield raw.hex().encode()
    for offset in range(3):  # base64 of a text that holds it, wherever it begins
        inner = base64.b64encode(b"\0" * offset + raw)[4 if offset else 0 : -4]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))


@pytest.fixture
def cookie_fleet(rows: Rows, new_fleet: Callable[..., Fleet]) -> Fleet:
    return new_fleet(rows, 2)


@at_both
def test_in_cookie_delivery(cookie_fleet: Fleet) -> None:
    fleet = cookie_fleet
    who = a_person()
    signed_in, under_way, begun = fleet.signed_in(who), fleet.browser(), fleet.browser()
    fleet.link(signed_in, a_person())
    # One that has come back, and whose page has not asked yet; and one that is with the provider.
    finished = under_way.begin()
    cookies = dict(under_way.cookies)
    under_way.come_back(fleet.provider.approve(finished.send_to, **a_person()))
    waiting = begun.begin()
    fleet.provider.approve(waiting.send_to, **a_person())

    kept = [SECRET, waiting.token, finished.token, *fleet.provider.secrets]
    kept += [profile.session_cookie or "" for profile in (signed_in, under_way)]
    kept += [text for jar in (cookies, begun.login_cookies) for text in jar.values()]
    assert len(kept) > 12
    stolen = Stolen(fleet)
    assert [secret[:6] for secret in kept if secret in stolen] == []
    # The control: what is no secret is found, in the database and in the logs.
    account = signed_in.account()["id"]
    assert account.encode() in stolen.dump
    assert who["user_id"].encode() in stolen.dump
    assert f"/auth/{signed_in.provider}".encode() in stolen.logs

    tables = b"\n".join(
        repr(row).encode() for table in tables_of(fleet.rows) for row in fleet.rows.query(f"SELECT * FROM {table}")
    )
    strings = stolen.strings(tables) | stolen.strings(stolen.logs)
    if fleet.rows.kind == "sqlite":
        strings |= stolen.strings(stolen.dump)
    assert 20 < len(strings) < MANY
    assert signed_in_by(fleet, strings) == []
    assert signed_in_by(fleet, {signed_in.session_cookie or ""}) != []  # the control of the trying
    assert forged(fleet, Keys((Secret(SECRET),)).subkeys("pass")[0][1])


def tables_of(rows: Rows) -> list[str]:
    """All of them, by what the database says."""
    if isinstance(rows, PostgreSQLRows):
        listed = rows.query("SELECT tablename FROM pg_tables WHERE schemaname = ?", rows.schema)
    else:
        listed = rows.query("SELECT name FROM sqlite_master WHERE type = 'table'")
    assert len(listed) >= 8
    return [name for (name,) in listed]


def signed_in_by(fleet: Fleet, strings: set[str]) -> list[str]:
    """Which of them let anybody in, and how."""
    found = []
    ((logged_in, *_), *_) = fleet.rows.query("SELECT login FROM sessions")
    base = fleet.nodes[0].base
    for text in strings:
        tried = [Browser(base, cookies={"valetkey-session": text})]
        login = Browser(base, origin=fleet.base, cookies={f"valetkey-login-{logged_in}": text})
        if any(one.me().status == 200 for one in tried):
            found.append(f"cookie {text}")
        if Browser(base).request("GET", "/api/me", headers={"Authorization": f"Bearer {text}"}).status == 200:
            found.append(f"bearer {text}")
        if login.collect(logged_in).json()["account"] is not None or login.session_cookie:
            found.append(f"login cookie {text}")
    # A pass written by hand, with whatever was found as its key. (The key's id is no secret, for it stands in a pass.)
    found += [f"key {text}" for text in strings if forged(fleet, text.encode().ljust(32, b"\0"))]
    return found


def forged(fleet: Fleet, key: bytes) -> bool:
    """Whether a pass with this key, for a session that stands there, lets anybody in."""
    query = "SELECT id, account_id, opened_at, expires_at FROM sessions WHERE revoked_at IS NULL"
    session_id, account_id, opened_at, expires_at = fleet.rows.query(query)[0]
    claims = {"iss": fleet.base, "aud": fleet.base, "sub": account_id, "jti": session_id}
    claims |= {"iat": int(opened_at), "exp": int(expires_at)}
    header = {"typ": TYPE, "kid": Keys((Secret(SECRET),)).subkeys("pass")[0][0].hex()}
    written = jwt.encode(claims, key, algorithm="HS256", headers=header)
    return Browser(fleet.nodes[0].base, cookies={"valetkey-session": written}).me().status == 200


def test_in_token_delivery_with_codes(rows: Rows, new_fleet: Callable[..., Fleet]) -> None:
    """A code that was handed off and not redeemed yet: its hash and the challenge lie there. Neither opens it."""
    env = {"VALETKEY_DELIVERY": "token", "VALETKEY_ORIGINS": PAGE, "VALETKEY_RELAY": f"{PAGE}/relay.html"}
    fleet = new_fleet(rows, 2, **env)
    verifier = secrets.token_urlsafe(32)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    popup = Browser(fleet.base, origin=PAGE, site="cross-site")
    begun = popup.begin(challenge=challenge)
    location = popup.come_back(fleet.provider.approve(begun.send_to, **a_person())).header("location") or ""
    (code,) = parse_qs(urlsplit(location).fragment)["code"]

    stolen = Stolen(fleet)
    assert [one[:6] for one in (code, verifier, *fleet.provider.secrets) if one in stolen] == []
    assert challenge.encode() in stolen.dump

    def redeemed(code: str, verifier: str) -> bool:
        page = Browser(fleet.nodes[1].base, origin=PAGE, site="cross-site")
        value = {"login": begun.login, "code": code, "verifier": verifier}
        answer = page.fetch("POST", "/auth/session", value, Sec_Fetch_Site="cross-site")
        return answer.status == 200 and "token" in answer.json()

    columns = [str(value) for row in fleet.rows.query("SELECT * FROM login_claims") for value in row if value]
    tried = [text for text in columns if len(text) < 129]
    assert hashlib.sha256(code.encode()).hexdigest() in tried
    assert [(one, two) for one in tried for two in tried if redeemed(one, two)] == []
    assert not any(redeemed(code, two) or redeemed(one, verifier) for one in tried for two in tried[:1])
    assert fleet.rows.count("sessions") == 0
    assert redeemed(code, verifier)  # the control: both halves, and nothing of the above has used them up
    assert fleet.rows.count("sessions") == 1
