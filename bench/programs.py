"""The programs whose logins are measured: how each is served, what starts its login, and how its database counts."""

from __future__ import annotations

import sqlite3
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from processes import HERE
from serving import PEERS, gunicorn, uvicorn

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Program:
    """A server with one worker.

    ``accounts`` and ``logins`` are its own SQL for how many users it has and how many logins it has written down.
    """

    command: list[str]
    start: str
    callback: str
    accounts: str
    logins: str
    mode: str = "oauth1"
    body: str = ""
    cookie: str = ""
    warm_seconds: float = 1
    env: dict[str, str] = field(default_factory=dict)


def counted(database: Path, sql: str) -> int:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30) as connection:
        return int(connection.execute(sql).fetchone()[0])


TWITTER = {"start": "POST /auth/twitter", "callback": "/auth/twitter", "body": "login=%L&mode=popup"}
ACME = {"start": "POST /auth/acme", "callback": "/auth/acme", "body": "login=%L&mode=popup", "mode": "oidc"}
OURS = {"accounts": "SELECT count(*) FROM accounts", "logins": "SELECT count(*) FROM sessions"}
BARE = {"accounts": "SELECT count(*) FROM users", "logins": "SELECT count(*) FROM sessions"}
USERS = {"accounts": "SELECT count(*) FROM users", "logins": "SELECT sum(logins) FROM users"}
# Django's page has a token of its own, in a cookie and in the form.
CSRF = "xKj3mWq8ZpT5vRn1LcYd7HsBf0Gt2EuA"
DJANGO = {
    "accounts": "SELECT count(*) FROM auth_user",
    "logins": "SELECT count(*) FROM django_session",
    "body": f"csrfmiddlewaretoken={CSRF}",
    "cookie": f"csrftoken={CSRF}",
}

PROGRAMS = {
    "bare": Program(uvicorn("bare:app"), **TWITTER, **BARE),
    "valetkey": Program(uvicorn("ours:app"), **TWITTER, **OURS),
    "valetkey-starlette": Program(uvicorn("ours:app"), **TWITTER, **OURS, env={"ON": "starlette"}),
    "passport-twitter": Program(
        ["node", str(HERE / "programs/node/passport.js")],
        "GET /login/twitter",
        "/auth/twitter",
        **USERS,
        warm_seconds=4,  # its compiler needs a few thousand logins
    ),
    "flask-requests-oauthlib": Program(
        gunicorn("flask_requests_oauthlib:app"), "POST /auth/twitter", "/auth/twitter", **USERS
    ),
    "social-django": Program(
        gunicorn("django_peers:app"),
        "POST /login/twitter/",
        "/complete/twitter/",
        **DJANGO,
        env={"WITH": "social"},
    ),
    "allauth": Program(
        gunicorn("django_peers:app"),
        "POST /accounts/twitter/login/",
        "/accounts/twitter/login/callback/",
        **DJANGO,
        env={"WITH": "allauth"},
    ),
    "authlib-fastapi": Program(uvicorn("authlib_fastapi:app", PEERS), "GET /login/twitter", "/auth/twitter", **USERS),
    "authlib-fastapi-ca-dir": Program(
        uvicorn("authlib_fastapi:app", PEERS),
        "GET /login/twitter",
        "/auth/twitter",
        **USERS,
        env={"SSL_CERT_DIR": ssl.get_default_verify_paths().openssl_capath},
    ),
    "bare-oidc": Program(uvicorn("bare_oidc:app"), **ACME, **BARE),
    "valetkey-oidc": Program(uvicorn("ours:app"), **ACME, **OURS),
    "authlib-fastapi-oidc": Program(
        uvicorn("authlib_fastapi:app", PEERS), "GET /login/acme", "/auth/acme", **USERS, mode="oidc"
    ),
}
# What a row's ratio is to.
YARDSTICK = {"oauth1": "bare", "oidc": "bare-oidc"}
