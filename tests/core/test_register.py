"""``valetkey register``: what it sends, what it prints, and a sentence for everything that can go wrong."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from click.testing import CliRunner, Result
from support.scripted import Scripted

from valetkey.cli.main import main
from valetkey.cli.register import Registered
from valetkey.crypto import Secret

CALLBACK = "https://app.example.com/auth/mastodon"
SECRET = "ZEaFUFmF0umgBX1qKJDjaU99Q31lDkOU8NutzTOoliw"
METADATA = {"issuer": "https://mastodon.example/", "scopes_supported": ["read", "write", "profile"]}
# As docs.joinmastodon.org/methods/apps shows it.
APP = {
    "id": "563419",
    "name": "app.example.com",
    "website": "https://app.example.com",
    "scopes": ["profile"],
    "redirect_uri": CALLBACK,
    "redirect_uris": [CALLBACK],
    "client_id": "TWhM-tNSuncnqN7DBJmoyeLnk6K3iJJ71KKXxgL1hPM",
    "client_secret": SECRET,
    "client_secret_expires_at": 0,
}


def reply(value: object, status: int = 200, more: str = "") -> bytes:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


@pytest.fixture
def servers() -> Iterator[list[Scripted]]:
    made: list[Scripted] = []
    yield made
    for one in made:
        one.stop()


def at(servers: list[Scripted], *steps: bytes) -> Scripted:
    servers.append(Scripted(*steps))
    return servers[-1]


def typed(server: Scripted | str, *more: str, **env: str) -> Result:
    address = server if isinstance(server, str) else f"http://localhost:{server.port}"
    given = [] if address == "" else [address]
    unset = dict.fromkeys(("VALETKEY_URL", "VALETKEY_MASTODON_BASE", "HTTPS_PROXY", "https_proxy"))
    return CliRunner().invoke(main, ["register", "mastodon", *given, *more], env={**unset, **env})


def test_it_registers_the_app_and_prints_what_to_set(servers: list[Scripted]) -> None:
    server = at(servers, reply(METADATA), reply(APP))
    result = typed(server, "--callback", CALLBACK)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        f"VALETKEY_MASTODON_BASE=http://localhost:{server.port}",
        f"MASTODON_CLIENT_ID={APP['client_id']}",
        f"MASTODON_CLIENT_SECRET={SECRET}",
    ]
    assert CALLBACK in result.stderr
    assert SECRET not in result.stderr
    asked, registered = server.requests
    assert asked.startswith(b"GET /.well-known/oauth-authorization-server HTTP/1.1\r\n")
    head, _, body = registered.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/v1/apps HTTP/1.1\r\n")
    assert parse_qs(body.decode(), strict_parsing=True) == {
        "client_name": ["app.example.com"],
        "redirect_uris": [CALLBACK],
        "scopes": ["profile"],
        "website": ["https://app.example.com"],
    }


def test_the_environment_says_what_the_arguments_do_not(servers: list[Scripted], tmp_path: Path) -> None:
    """A path below which the app is public is part of the callback URL. The file is its owner's alone."""
    callback = "https://example.com/app/auth/mastodon"
    server = at(servers, reply(METADATA), reply({**APP, "redirect_uris": [callback]}))
    file = tmp_path / "keys.env"
    base = f"http://localhost:{server.port}"
    env = {"VALETKEY_MASTODON_BASE": base, "VALETKEY_URL": "https://example.com/app"}
    result = typed("", "--env-file", str(file), "--name", "An app's name", **env)
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert SECRET not in result.output
    assert file.read_text().splitlines()[0] == f"VALETKEY_MASTODON_BASE={base}"
    assert f"MASTODON_CLIENT_SECRET={SECRET}" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"client_name=An+app%27s+name" in server.requests[1]


def test_a_server_before_lists_of_callbacks(servers: list[Scripted]) -> None:
    """Its reply has one callback as text."""
    app = {name: value for name, value in APP.items() if name not in ("redirect_uris", "scopes")}
    assert typed(at(servers, reply(METADATA), reply(app)), "--callback", CALLBACK).exit_code == 0


FAILURES: dict[str, tuple[tuple[bytes, ...], str]] = {
    "an old server": ((reply({"error": "Not Found"}, 404),), "no Mastodon of version 4.3 or later"),
    "without the scope": ((reply({"scopes_supported": ["read"]}),), "does not know the scope profile"),
    "with a scope that is no list": ((reply({"scopes_supported": "profile"}),), "does not know the scope profile"),
    "another place": ((reply(b"", 302, "Location: https://evil.example/\r\n"),), "sends the request elsewhere"),
    "a page": ((reply(b"<!doctype html><html></html>"),), "status 200 (HTML body). Is this a Mastodon server?"),
    "no object": ((reply(b"[]"),), "metadata was answered with status 200"),
    "busy": ((reply({"error": "Too many requests"}, 429),), "status 429"),
    "away": ((reply(b"", 503),), "status 503"),
    "no registration": ((reply(METADATA), reply({"error": "x"}, 403)), "lets no app register itself"),
    "a refused callback": ((reply(METADATA), reply({"error": "Validation failed"}, 422)), f"check {CALLBACK}"),
    "busy later": ((reply(METADATA), reply({}, 429)), "status 429"),
    "moved later": ((reply(METADATA), reply(b"", 308, "Location: /x\r\n")), "sends the request elsewhere"),
    "no keys": ((reply(METADATA), reply({})), "lacks a usable client_id"),
    "no secret": ((reply(METADATA), reply({**APP, "client_secret": None})), "lacks a usable client_secret"),
    "an empty secret": ((reply(METADATA), reply({**APP, "client_secret": ""})), "lacks a usable client_secret"),
    "what a shell would run": (
        (reply(METADATA), reply({**APP, "client_id": "x\nrm -rf ~;$(id)"})),
        "lacks a usable client_id",
    ),
    "another callback": (
        (reply(METADATA), reply({**APP, "redirect_uris": ["https://evil.example/auth/mastodon"]})),
        "registered another callback URL",
    ),
    "one more callback": (
        (reply(METADATA), reply({**APP, "redirect_uris": [CALLBACK, "https://evil.example/"]})),
        "registered another callback URL",
    ),
}


@pytest.mark.parametrize("case", FAILURES)
def test_what_goes_wrong_there(servers: list[Scripted], case: str) -> None:
    steps, sentence = FAILURES[case]
    server = at(servers, *steps)
    result = typed(server, "--callback", CALLBACK)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert f"valetkey: http://localhost:{server.port}: " in result.stderr
    assert sentence in result.stderr
    assert "evil" not in result.stderr
    assert "rm -rf" not in result.stderr
    assert SECRET not in result.stderr
    assert len(server.requests) == len(steps)


def test_nobody_is_there(servers: list[Scripted]) -> None:
    gone = at(servers)
    gone.stop()
    result = typed(gone, "--callback", CALLBACK)
    assert result.exit_code == 2
    assert f"No connection to localhost:{gone.port}" in result.stderr


WRONG: dict[str, tuple[str, tuple[str, ...], str]] = {
    "no server": ("", ("--callback", CALLBACK), "which server?"),
    "no callback": ("https://mastodon.example", (), "which callback URL?"),
    "a handle": ("@ada@mastodon.example", ("--callback", CALLBACK), "SERVER: give a full address"),
    "plain http": ("http://mastodon.example", ("--callback", CALLBACK), "SERVER: http is for this machine only"),
    "a query": ("https://mastodon.example/?x=1", ("--callback", CALLBACK), "SERVER: no query"),
    "a callback in plain http": (
        "https://mastodon.example",
        ("--callback", "http://app.example.com/auth/mastodon"),
        "--callback: http is for this machine only",
    ),
    "two lines for a name": (
        "https://mastodon.example",
        ("--callback", CALLBACK, "--name", "one\ntwo"),
        "--name: give 1 to 60 characters",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_here(case: str) -> None:
    """Nothing is sent."""
    server, more, sentence = WRONG[case]
    result = typed(server, *more)
    assert result.exit_code == 2
    assert sentence in result.stderr


def test_a_file_that_exists_stops_it_before_the_server_is_asked(servers: list[Scripted], tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("KEPT=1\n")
    server = at(servers, reply(METADATA), reply(APP))
    result = typed(server, "--callback", CALLBACK, "--env-file", str(file))
    assert result.exit_code == 2
    assert "exists, and was left unchanged" in result.stderr
    assert server.requests == []
    assert file.read_text() == "KEPT=1\n"


def test_the_secret_does_not_print_by_accident() -> None:
    assert SECRET not in repr(Registered(client_id="x", client_secret=Secret(SECRET)))


@pytest.mark.parametrize("place", ["nowhere/keys.env", "dangling", "locked/keys.env"])
def test_a_file_that_cannot_be_written_stops_it_before_the_server_knows(
    servers: list[Scripted], tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the server keeps an app whose keys nobody has seen."""
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "locked").mkdir()
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "locked" and may(path, mode))
    server = at(servers, reply(METADATA), reply(APP))
    result = typed(server, "--callback", CALLBACK, "--env-file", str(tmp_path / place))
    assert (result.exit_code, server.requests) == (2, [])
    assert place.partition("/")[0] in result.stderr


@pytest.mark.parametrize("name", ["a\udcffb", "a\u2028b", "a\x85b", " a", "a" * 61])
def test_a_name_that_is_no_text_stops_it_before_the_server_knows(servers: list[Scripted], name: str) -> None:
    server = at(servers, reply(METADATA), reply(APP))
    result = typed(server, "--callback", CALLBACK, "--name", name)
    assert (result.exit_code, server.requests) == (2, [])
    assert "--name: give 1 to 60 characters in one line" in result.stderr
