"""``VALETKEY_SANDBOX``: what it fills in, what it refuses, and where it finds the sandbox. Nothing is started here."""

from __future__ import annotations

import http.server
import select
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from support.servers import SECRET, free_port

from valetkey import Settings, SettingsError
from valetkey.frameworks.flask import SignIn
from valetkey.settings.environment import database_of
from valetkey.settings.framework_config import with_config
from valetkey.settings.sandbox import mode as sandbox_mode
from valetkey.settings.sandbox import port as sandbox_port
from valetkey.settings.sandbox.command_line import address_of
from valetkey.settings.sandbox.port import Found
from valetkey.testing.sandbox import CATALOGUE, PROVIDERS, SandboxSettings, environment_of
from valetkey.testing.sandbox.settings import fixed_private_key

HERE = "http://127.0.0.1:8000"
ORIGIN = "http://localhost:8999"  # nothing is asked there


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def read(**changes: str) -> Settings:
    return Settings.from_environment({"VALETKEY_SANDBOX": ORIGIN, **changes})


def refusal(**changes: str) -> str:
    with pytest.raises(SettingsError) as refused:
        read(**changes)
    return refused.value.hint


def test_nothing_else_is_needed(tmp_path: Path) -> None:
    settings = read()
    assert settings.sandbox
    assert settings.sandbox_at == ORIGIN
    assert [one.name for one in settings.providers] == [
        *("google", "apple", "microsoft", "github", "twitter", "gitlab", "discord", "facebook", "acme")
    ]
    assert (settings.url, settings.database) == (HERE, "sqlite:///valetkey-sandbox.db")
    assert all(one.protocol.authorize_url.startswith(ORIGIN) for one in settings.providers)
    kept = tmp_path / "valetkey" / "sandbox.secret"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [one.reveal() for one in settings.secrets] == [kept.read_text().strip()]
    assert len(settings.secrets[0].reveal()) >= 43
    assert [one.reveal() for one in read().secrets] == [kept.read_text().strip()]
    assert list(kept.parent.iterdir()) == [kept]


def test_many_processes_draw_one_secret(tmp_path: Path) -> None:
    """A file that one has made and not yet written would be an empty secret for the next."""
    program = "from valetkey.settings.sandbox.kept_secrets import kept_secret; input(); print(kept_secret('x'))"
    started = [
        subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    for one in started:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    drawn = {one.communicate()[0].strip() for one in started}
    assert len(drawn) == 1
    assert len(drawn.pop()) >= 43


def test_what_is_set_counts() -> None:
    settings = read(
        VALETKEY_PROVIDERS="github,okta",
        VALETKEY_URL="http://localhost:9000/app",
        VALETKEY_SECRET=SECRET,
        VALETKEY_DATABASE="sqlite:///other.db",
        GITHUB_CLIENT_ID="sandbox-other",
        OKTA_TITLE="Okta of ours",
        VALETKEY_GITHUB_BASE="http://127.0.0.1:7777/github",
    )
    github, okta = settings.providers
    assert github.protocol.credentials.identifier == "sandbox-other"
    assert github.protocol.authorize_url.startswith("http://127.0.0.1:7777/github/")
    assert (okta.name, okta.title) == ("okta", "Okta of ours")
    assert settings.callback_of("okta") == "http://localhost:9000/app/auth/okta"
    assert settings.database == "sqlite:///other.db"
    assert settings.secrets[0].reveal() == SECRET


def test_a_callback_url_says_where_the_app_is() -> None:
    settings = read(VALETKEY_PROVIDERS="twitter", TWITTER_CALLBACK_URL="http://127.0.0.1:9000/auth/twitter")
    assert settings.url is None
    assert settings.public_origin == "http://127.0.0.1:9000"


def test_x_over_oauth_2() -> None:
    settings = read(VALETKEY_PROVIDERS="twitter", TWITTER_CLIENT_ID="sandbox-x2")
    (x,) = settings.providers
    assert x.protocol.authorize_url == f"{ORIGIN}/x2/i/oauth2/authorize"


@pytest.mark.parametrize("provider", [one for one in (*PROVIDERS, *CATALOGUE) if one != "x2"])
def test_it_fills_in_what_the_sandbox_expects(provider: str) -> None:
    """The two sides share no code."""
    listed = {} if provider in PROVIDERS else {"VALETKEY_PROVIDERS": provider}
    filled = listed | sandbox_mode.variables(listed, ORIGIN, url=HERE)
    sandbox = SandboxSettings(origin=ORIGIN, apple_private_key=fixed_private_key())
    expected = environment_of(sandbox, provider)
    assert {name: filled[name] for name in expected} == expected


def test_commands_find_its_database() -> None:
    assert database_of({"VALETKEY_SANDBOX": "1"}) == "sqlite:///valetkey-sandbox.db"
    assert database_of({"VALETKEY_SANDBOX": "0"}) == "sqlite:///valetkey.db"
    assert database_of({"VALETKEY_SANDBOX": "1", "VALETKEY_DATABASE": "sqlite:///x.db"}) == "sqlite:///x.db"


# Off


@pytest.mark.parametrize("value", [None, "", " ", "0", "off", "OFF"])
def test_off_is_off(value: str | None) -> None:
    """Nothing of the mode is there, and the sentence says how to try it."""
    environ = {} if value is None else {"VALETKEY_SANDBOX": value}
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment(environ)
    assert "TWITTER_CONSUMER_KEY" in refused.value.hint
    assert refused.value.hint.endswith("\nTo try it without keys, set VALETKEY_SANDBOX=1.")
    real = {"VALETKEY_PROVIDERS": "github", "GITHUB_CLIENT_ID": "a", "GITHUB_CLIENT_SECRET": "b", "VALETKEY_URL": HERE}
    settings = Settings.from_environment({**environ, **real, "VALETKEY_SECRET": SECRET})
    assert not settings.sandbox
    assert settings.database == "sqlite:///valetkey.db"
    assert "github.com" in settings.providers[0].protocol.authorize_url


@pytest.mark.parametrize(
    "more",
    [
        {"VALETKEY_URL": "https://app.example"},
        {"VALETKEY_PROVIDERS": "github", "GITHUB_CLIENT_ID": "a", "GITHUB_CLIENT_SECRET": "b"},
    ],
)
def test_it_is_not_offered_where_it_would_not_help(more: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment(more)
    assert "VALETKEY_SANDBOX" not in refused.value.hint


# Refused


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VALETKEY_URL", "https://app.example.com"),
        ("VALETKEY_URL", "https://127.0.0.1:8000"),
        ("VALETKEY_URL", "https://localhost"),
        ("VALETKEY_URL", "http://192.168.0.7:8000"),
        ("VALETKEY_URL", "http://127.0.0.1.evil.example"),
        ("VALETKEY_URL", "http://localhost@evil.example"),
        ("VALETKEY_URL", "http://["),
        ("TWITTER_CALLBACK_URL", "https://app.example.com/auth/twitter"),
        ("TWITTER_CALLBACK_URL", "http://127.0.0.1:8000/auth/twitter, https://app.example.com/x"),
        ("VALETKEY_ORIGINS", "http://localhost:5173, https://app.example.com"),
        ("VALETKEY_RELAY", "https://app.example.com/relay.html"),
    ],
)
def test_an_app_elsewhere(name: str, value: str) -> None:
    hint = refusal(**{name: value})
    assert f"VALETKEY_SANDBOX is set, and {name} is not an address of this machine" in hint
    assert f"Unset VALETKEY_SANDBOX, or {name}." in hint
    assert "example" not in hint


def test_settings_that_python_makes_are_refused_too() -> None:
    good = read()
    for url in ("https://app.example.com", "http://10.0.0.1", "https://127.0.0.1"):
        with pytest.raises(SettingsError, match="VALETKEY_SANDBOX"):
            Settings(secrets=good.secrets, providers=good.providers, url=url, sandbox_at=ORIGIN)
    with pytest.raises(SettingsError, match="on this machine"):
        Settings(secrets=good.secrets, providers=good.providers, url=HERE, sandbox_at="https://sandbox.example")


@pytest.mark.parametrize(
    "value",
    [
        "2",
        "maybe",
        "sandbox",
        "https://localhost:8001",
        "http://sandbox.example:8001",
        "http://localhost:8001/x",
        "http://",
    ],
)
def test_another_value(value: str) -> None:
    hint = refusal(VALETKEY_SANDBOX=value)
    assert hint.startswith("VALETKEY_SANDBOX must be 1, or the address of a sandbox on this machine")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GOOGLE_CLIENT_ID", "123.apps.googleusercontent.com"),
        ("GITHUB_CLIENT_SECRET", "canary"),
        ("TWITTER_CONSUMER_KEY", "canary"),
        ("TWITTER_CLIENT_ID", "canary"),
        ("APPLE_TEAM_ID", "TEAM123456"),
        ("APPLE_PRIVATE_KEY", "canary"),
        ("GOOGLE_CLIENT_SECRET_FILE", "/run/secrets/google"),
        ("VALETKEY_GITLAB_BASE", "https://gitlab.example"),
        ("ACME_ISSUER", "https://id.example"),
        ("VALETKEY_TWITTER_API", "https://api.x.com"),
    ],
)
def test_something_real(name: str, value: str) -> None:
    hint = refusal(**{name: value})
    assert f"so are values for a real provider: {name}. Unset these, or VALETKEY_SANDBOX." in hint
    assert value not in hint


def test_keys_of_a_provider_that_the_app_does_not_have() -> None:
    assert read(VALETKEY_PROVIDERS="google", GITHUB_CLIENT_ID="canary").sandbox


def test_a_provider_that_the_app_makes() -> None:
    from valetkey.providers.github import github

    real = github(client_id="a", client_secret="b")
    with pytest.raises(SettingsError, match="'github' in Python"):
        Settings.from_environment({"VALETKEY_SANDBOX": ORIGIN}, providers=[real])


def test_no_place_for_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    assert "there is no directory to keep one in" in refusal()
    assert read(VALETKEY_SECRET=SECRET).sandbox


# Where the app is


@pytest.mark.parametrize(
    ("command", "address"),
    [
        ("uvicorn app:app", "http://127.0.0.1:8000"),
        ("/venv/bin/uvicorn app:app --reload --port 9000", "http://127.0.0.1:9000"),
        ("uvicorn --port=9000 --host localhost app:app", "http://localhost:9000"),
        ("uvicorn --host 0.0.0.0 app:app", "http://127.0.0.1:8000"),
        ("gunicorn -w 2 -b :9001 -p /run/app.pid app", "http://127.0.0.1:9001"),
        ("gunicorn --bind=unix:/run/app.sock app", "http://127.0.0.1:8000"),
        ("hypercorn --bind [::1]:9009 app", "http://[::1]:9009"),
        ("daphne -b 127.0.0.1 -p 9005 app", "http://127.0.0.1:9005"),
        ("granian --port 9006 app", "http://127.0.0.1:9006"),
        ("waitress-serve app:app", "http://127.0.0.1:8080"),
        ("waitress-serve --listen=*:9007 app:app", "http://127.0.0.1:9007"),
        ("flask run", "http://127.0.0.1:5000"),
        ("flask --app app run -p 5001 -h localhost", "http://localhost:5001"),
        ("/lib/flask/__main__.py run", "http://127.0.0.1:5000"),
        ("python -m flask run -p5001", "http://127.0.0.1:5001"),
        ("manage.py runserver", "http://127.0.0.1:8000"),
        ("manage.py runserver 9002", "http://127.0.0.1:9002"),
        ("python manage.py runserver --noreload 0.0.0.0:9003", "http://127.0.0.1:9003"),
        ("manage.py migrate", "http://127.0.0.1:8000"),
        ("litestar run --port 9004", "http://127.0.0.1:9004"),
        ("app.py", "http://127.0.0.1:8000"),
    ],
)
def test_where_a_server_listens(command: str, address: str) -> None:
    assert address_of(command.split(), {}) == address


def test_where_a_server_listens_by_its_variable() -> None:
    assert address_of(["flask", "run"], {"FLASK_RUN_PORT": "5005"}) == "http://127.0.0.1:5005"
    assert address_of(["flask", "run", "-p", "5006"], {"FLASK_RUN_PORT": "5005"}) == "http://127.0.0.1:5006"
    assert address_of(["uvicorn"], {"FLASK_RUN_PORT": "5005"}) == "http://127.0.0.1:8000"
    assert address_of(["app.py"], {}, 5000) == "http://127.0.0.1:5000"
    assert address_of(["gunicorn"], {}, 5000) == "http://127.0.0.1:8000"


def test_the_command_of_this_process_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/bin/uvicorn", "app:app", "--port", "9100"])
    assert read().url == "http://127.0.0.1:9100"
    assert read(VALETKEY_URL="http://localhost:9200").url == "http://localhost:9200"


def test_a_framework_knows_where_its_own_server_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """And its configuration may say True."""
    monkeypatch.setattr(sys, "argv", ["app.py"])
    monkeypatch.setenv("VALETKEY_SANDBOX", "0")
    app = Flask(__name__)
    app.config["VALETKEY_SANDBOX"] = ORIGIN
    SignIn(app)
    assert app.extensions["valetkey"].settings.url == "http://127.0.0.1:5000"
    app.extensions["valetkey"].close()
    assert with_config({}, {"VALETKEY_SANDBOX": True}) == {"VALETKEY_SANDBOX": "1"}
    assert with_config({"VALETKEY_SANDBOX": "1"}, {"VALETKEY_SANDBOX": False}) == {"VALETKEY_SANDBOX": "0"}
    with pytest.raises(SettingsError, match="VALETKEY_TITLE"):
        with_config({}, {"VALETKEY_TITLE": True})


# Where the sandbox is


@contextmanager
def another_server(port: int, answer: bytes) -> Iterator[None]:
    """A server that is not the sandbox, and repeats what it was sent."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.wfile.write(answer.replace(b"NONCE", self.path.rpartition("=")[2].encode()))

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield
        server.shutdown()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx-sandbox-lease: NONCE\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx-sandbox-lease: " + b"0" * 64 + b"\r\n\r\n",
        b"x" * 100_000,
    ],
)
def test_another_server_is_not_the_sandbox(answer: bytes) -> None:
    port = free_port()
    with another_server(port, answer):
        assert sandbox_port.look_at(port) == (Found.ANOTHER, None)


def test_a_server_that_says_nothing_is_not_the_sandbox() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert sandbox_port.look_at(silent.getsockname()[1], seconds=0.05) == (Found.ANOTHER, None)


@pytest.mark.parametrize("has_accepted", [True, False])
def test_a_sandbox_that_ends_while_it_is_asked_is_no_other_server(has_accepted: bool) -> None:
    """It closes its port, and then the connections that it has; those that it has not accepted are reset."""
    listening = socket.create_server(("127.0.0.1", free_port()))

    def ends() -> None:
        select.select([listening], [], [], 10)  # until it is asked
        accepted = [listening.accept()[0]] if has_accepted else []
        listening.close()
        for one in accepted:
            one.close()

    port = listening.getsockname()[1]
    ending = threading.Thread(target=ends)
    ending.start()
    found = sandbox_port.look_at(port)
    ending.join()
    assert found == (Found.NOTHING, None)


def test_a_sandbox_that_ends_between_the_steps_of_connecting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the connection itself fails with a reset, and the next one is refused."""
    faults: list[OSError] = [ConnectionRefusedError(), ConnectionResetError()]

    def fail(*_: object) -> None:
        raise faults.pop()

    monkeypatch.setattr(sandbox_port.socket, "create_connection", fail)
    assert sandbox_port.look_at(free_port()) == (Found.NOTHING, None)
    assert faults == []


def test_the_port_is_the_first_that_can_be_the_sandboxs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the app's own, and not another server's."""
    there = {8001: Found.NOTHING, 8002: Found.ANOTHER, 8003: Found.SANDBOX}
    monkeypatch.setattr(sandbox_port, "look_at", lambda port: (there.get(port, Found.NOTHING), None))
    assert sandbox_port.choose([]) == 8001
    assert sandbox_port.choose([None, 8001]) == 8003
    assert sandbox_port.choose([8001, 8003]) == 8004
    assert read(VALETKEY_SANDBOX="on", VALETKEY_URL="http://127.0.0.1:8001").sandbox_at == "http://localhost:8003"
    monkeypatch.setattr(sandbox_port, "look_at", lambda port: (Found.ANOTHER, None))
    assert "no port is free for the sandbox" in refusal(VALETKEY_SANDBOX="1")


@pytest.mark.parametrize("planted", ["readable", "link"])
def test_a_secret_that_somebody_else_may_know(tmp_path: Path, planted: str) -> None:
    """Another user of the machine may have put it there, or may read it."""
    file = tmp_path / "valetkey" / "sandbox.secret"
    file.parent.mkdir()
    elsewhere = tmp_path / "elsewhere"
    for one in (file, elsewhere):
        one.touch(mode=0o600)
        one.write_text(SECRET)
    assert read().secrets[0].reveal() == SECRET
    if planted == "readable":
        file.chmod(0o644)
    else:
        file.unlink()
        file.symlink_to(elsewhere)
    with pytest.raises(SettingsError, match=r"sandbox\.secret in the directory valetkey") as refused:
        read()
    assert SECRET not in str(refused.value)
