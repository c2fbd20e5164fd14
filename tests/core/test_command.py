"""The command, as people type it."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from support.browser import Browser
from support.servers import SECRET, Process, app_and_provider, free_port
from support.waiting import wait_for

from valetkey.cli import main as cli
from valetkey.storage import migration
from valetkey.storage.sql.accounts import _new_id


def typed(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **env}
    command = [sys.executable, "-m", "valetkey.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=clean, timeout=30)


def test_serve_without_keys_stops_and_says_what_it_wants() -> None:
    stopped = typed("serve", "--no-browser")
    assert stopped.returncode == 2
    assert stopped.stdout == ""
    for name in (
        "TWITTER_CONSUMER_KEY",
        "TWITTER_CONSUMER_SECRET",
        "TWITTER_CALLBACK_URL",
        "VALETKEY_SECRET",
        "VALETKEY_SANDBOX=1",
    ):
        assert name in stopped.stderr
    assert "Traceback" not in stopped.stderr


def test_serve_says_what_to_register(tmp_path: Path) -> None:
    keys = {f"{name}_CONSUMER_{part}": "canary" for name in ("TWITTER", "FLICKR") for part in ("KEY", "SECRET")}
    app = {"VALETKEY_URL": "http://127.0.0.1:8000", "VALETKEY_PROVIDERS": "flickr,twitter", "VALETKEY_SECRET": SECRET}
    database = {"VALETKEY_DATABASE": f"sqlite:///{tmp_path}/app.db"}
    served = Process("serve", "--no-browser", "--port", "0", env={**app, **keys, **database})
    try:
        assert "The callback URL to register at Flickr: http://127.0.0.1:8000/auth/flickr\n" in served.log
        assert "The callback URL to register at X: http://127.0.0.1:8000/auth/twitter\n" in served.log
        assert "canary" not in served.log
    finally:
        served.stop()


def test_serve_says_what_is_not_registered(tmp_path: Path) -> None:
    """A page that speaks OAuth 2.0 itself. It is named if it is on no origin of the app."""
    pages = ("https://app.example.com", "https://elsewhere.example.com/page")
    acme = {"ACME_ISSUER": "https://id.example.com", "ACME_CLIENT_ID": "canary"}
    app = {"VALETKEY_URL": pages[0], "VALETKEY_PROVIDERS": "acme", "VALETKEY_SECRET": SECRET}
    listed = {"ACME_CALLBACK_URL": ",".join((f"{pages[0]}/auth/acme", *pages))}
    database = {"VALETKEY_DATABASE": f"sqlite:///{tmp_path}/app.db"}
    served = Process("serve", "--no-browser", "--port", "0", env={**app, **acme, **listed, **database})
    try:
        assert "The callback URL to register at Acme: https://app.example.com/auth/acme\n" in served.log
        for page in pages:
            assert f"Not to register there, because users come to it from us: {page}\n" in served.log
        assert f"ACME_CALLBACK_URL lists the page {pages[1]}. It cannot redeem its code" in served.log
        assert "set VALETKEY_ORIGINS=https://elsewhere.example.com\n" in served.log
        assert f"lists the page {pages[0]}." not in served.log
    finally:
        served.stop()


def test_serve_says_where_a_form_comes_to(tmp_path: Path) -> None:
    """Apple's address is longer; and a server that variables describe has the title that they give it."""
    key = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "key.p8").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    apple = {"APPLE_CLIENT_ID": "canary", "APPLE_TEAM_ID": "TEAM123456", "APPLE_KEY_ID": "KEY1234567"}
    acme = {"ACME_ISSUER": "https://id.example.com", "ACME_CLIENT_ID": "canary", "ACME_TITLE": "Acme Inc."}
    app = {"VALETKEY_URL": "https://app.example.com", "VALETKEY_PROVIDERS": "apple,acme", "VALETKEY_SECRET": SECRET}
    files = {"APPLE_PRIVATE_KEY_FILE": str(tmp_path / "key.p8"), "VALETKEY_DATABASE": f"sqlite:///{tmp_path}/app.db"}
    served = Process("serve", "--no-browser", "--port", "0", env={**app, **apple, **acme, **files})
    try:
        assert "The callback URL to register at Apple: https://app.example.com/auth/apple/return\n" in served.log
        assert "The callback URL to register at Acme Inc.: https://app.example.com/auth/acme\n" in served.log
        assert "canary" not in served.log
    finally:
        served.stop()


def test_a_secret_is_strong_and_never_the_same() -> None:
    first, second = typed("secret").stdout.strip(), typed("secret").stdout.strip()
    assert first != second
    assert len(first) >= 43


def test_demo_runs_with_nothing(tmp_path: Path) -> None:
    """Its own secret, readable by its owner; the sandbox on another host name; keys of the environment ignored."""
    ignored = {"TWITTER_CONSUMER_KEY": "real-looking", "TWITTER_CALLBACK_URL": "https://elsewhere.example/auth/twitter"}
    demo = Process("demo", "--no-browser", "--port", "0", env={"HOME": str(tmp_path), **ignored})
    try:
        assert demo.address.startswith("http://127.0.0.1:")
        browser = Browser(demo.address)
        page = browser.visit("/")
        assert 'data-sandbox="true"' in page.text
        begun = browser.begin()
        assert begun.send_to.startswith("http://localhost:")
        assert "Sandbox" in browser.request("GET", begun.send_to, cookies=False).text
        secret = tmp_path / ".local" / "state" / "valetkey" / "demo.secret"
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        assert browser.me().status == 401
    finally:
        demo.stop()


def test_a_port_that_is_taken_is_named() -> None:
    port = free_port()
    holder = Process("sandbox", "--port", str(port))
    try:
        for verb in ("sandbox", "demo"):
            stopped = typed(verb, "--port", str(port))
            assert stopped.returncode == 2
            assert str(port) in stopped.stderr
            assert "Traceback" not in stopped.stderr
    finally:
        holder.stop()


@pytest.mark.parametrize("port", [[], ["--port", "8123"]])
def test_a_host_that_does_not_resolve_is_named(port: list[str], tmp_path: Path) -> None:
    """The resolver's number is not the operating system's: the port has nothing to do with it."""
    environ = {
        "TWITTER_CONSUMER_KEY": "sandbox-key",
        "TWITTER_CONSUMER_SECRET": "sandbox-secret",
        "TWITTER_CALLBACK_URL": "http://127.0.0.1:9000/auth/twitter",
        "VALETKEY_SECRET": SECRET,
        "VALETKEY_DATABASE": f"sqlite:///{tmp_path / 'app.db'}",
    }
    stopped = typed("serve", "--no-browser", "--host", "no-such-host.invalid", *port, **environ)
    assert stopped.returncode == 2
    assert "no-such-host.invalid: this name does not resolve" in stopped.stderr
    assert "Unknown error" not in stopped.stderr
    assert "free port" not in stopped.stderr


def test_the_demo_stays_on_this_machine() -> None:
    stopped = typed("demo", "--host", "0.0.0.0")
    assert stopped.returncode == 2
    assert "this machine only" in stopped.stderr


def test_the_sandbox_prints_what_to_export() -> None:
    port = free_port()
    sandbox = Process("sandbox", "--port", str(port))
    try:
        assert sandbox.output[0] == f"Ready http://localhost:{port}\n"
        wait_for(lambda: "VALETKEY_TWITTER_BROWSER" in sandbox.log)
        for name in ("TWITTER_CONSUMER_KEY", "TWITTER_CONSUMER_SECRET", "TWITTER_CALLBACK_URL", "VALETKEY_TWITTER_API"):
            assert f"export {name}=" in sandbox.log
    finally:
        sandbox.stop()


def test_the_sandbox_prints_what_to_export_for_each_provider() -> None:
    """A shell reads the lines, and Apple's key, which has several, comes out as one value."""
    port = free_port()
    sandbox = Process("sandbox", "--port", str(port))
    try:
        wait_for(lambda: "GITLAB_BASE" in sandbox.log)
        printed = sandbox.log.partition("\n")[2]
        names = re.findall(r"^export (\w+)=", printed, re.MULTILINE)
        wanted = {"GOOGLE", "GITHUB", "APPLE", "MICROSOFT", "ACME", "TWITTER", "DISCORD", "FACEBOOK", "GITLAB"}
        assert {name.partition("_")[0] for name in names} == {*wanted, "VALETKEY"}
        assert f"# export VALETKEY_TWITTER_BASE=http://localhost:{port}/x2" in printed
        assert "export VALETKEY_URL=http://127.0.0.1:8000\nexport VALETKEY_PROVIDERS=google,github," in printed
        script = f'{printed}\nprintf %s "$APPLE_PRIVATE_KEY"'
        key = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
        assert load_pem_private_key(key.replace("\\n", "\n").encode(), None)
    finally:
        sandbox.stop()


def test_the_relay_page_is_printed() -> None:
    """The very file of the example; an address that is none is refused."""
    printed = typed("relay", "http://127.0.0.1:8000/auth/")
    example = Path(__file__).parents[2] / "examples" / "two-sites" / "site" / "relay.html"
    assert printed.stdout == example.read_text()
    refused = typed("relay", "api.example.com")
    assert refused.returncode == 2
    assert "https://" in refused.stderr


@pytest.mark.parametrize(("option", "requests"), [("", 1), ("--profile", 1), ("--no-profile", 0)])
def test_serve_reads_the_profile_by_default(option: str, requests: int) -> None:
    with app_and_provider(PROGRAM=f"serve {option}") as (app, provider):
        browser = Browser(app.base)
        browser.come_back(provider.approve(browser.begin().token, "ada"))
        assert browser.account()["name"] == ("Ada Example" if requests else None)
        assert len(provider.calls("verify_credentials")) == requests


@pytest.mark.parametrize("verb", ["show", "disable", "enable", "delete"])
@pytest.mark.parametrize("account", ["-sXnobody", "--nobody_-", "-", "nobody"])
def test_an_id_that_begins_with_a_dash(tmp_path: Path, verb: str, account: str) -> None:
    """It is an id, and here nobody's; it is not taken for an option."""
    yes, database = ["--yes"] if verb == "delete" else [], f"sqlite:///{tmp_path / 'app.db'}"
    migration(database).apply()
    missing = CliRunner().invoke(cli.main, ["accounts", verb, account, "--database", database, *yes])
    assert missing.exit_code == 2
    assert "there is no such account" in missing.stderr


def test_no_account_id_is_an_option_of_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["-h" + "a" * 20, "--" + "b" * 20, "c" * 22])
    monkeypatch.setattr("valetkey.storage.sql.accounts.random_id", lambda: next(drawn))
    assert _new_id() == "c" * 22


def test_accounts_are_listed_shown_disabled_and_deleted(tmp_path: Path) -> None:
    """Beside a running server, which refuses what is ended within a second."""
    with app_and_provider(VALETKEY_TWITTER_EMAIL="on") as (app, provider):
        browsers = []
        for persona in ("ada", "rtl"):
            browsers.append(Browser(app.base))
            browsers[-1].come_back(provider.approve(browsers[-1].begin().token, persona))
        database = ("--database", f"sqlite:///{app.database}")
        ids = {one.account()["identities"][0]["handle"]: one.account()["id"] for one in browsers}
        listed = typed("accounts", "list", *database)
        assert len(listed.stdout.splitlines()) == 2
        assert f"{ids['ada']}  Ada Example  twitter ada" in listed.stdout
        kept = json.loads(typed("accounts", "show", ids["ada"], *database).stdout)
        assert (kept["id"], kept["identities"][0]["handle"], len(kept["sessions"])) == (ids["ada"], "ada", 1)
        assert (kept["identities"][0]["email"], kept["identities"][0]["email_verified"]) == ("ada@example.com", True)
        assert typed("accounts", "disable", ids["ada"], *database).returncode == 0
        assert typed("accounts", "delete", ids["rtl"], *database, "--yes").returncode == 0
        wait_for(lambda: [one.me().status for one in browsers] == [401, 401], 1.5)
        assert typed("accounts", "list", *database).stdout.count("\n") == 1
        for verb in ("show", "disable", "enable"):
            missing = typed("accounts", verb, ids["rtl"], *database)
            assert (missing.returncode, "no such account" in missing.stderr) == (2, True)
        refused = Browser(app.base)
        assert refused.come_back(provider.approve(refused.begin().token, "ada")).code == "account_disabled"
        hint = refused.session(next(reversed(refused.login_cookies)).rpartition("-login-")[2])["login"]["error"]["hint"]
        command = hint.partition("valetkey accounts ")[2].replace("ID", ids["ada"]).split()
        assert command == ["enable", ids["ada"]]
        assert typed("accounts", *command, *database).returncode == 0
        refused.come_back(provider.approve(refused.begin().token, "ada"))
        assert refused.account()["id"] == ids["ada"]
        assert browsers[0].me().status == 401  # what was ended stays ended


@pytest.mark.parametrize(
    ("encoding", "letter"), [("utf-8", "\N{ARABIC LETTER ALEF}"), ("ascii", r"\u0627")], ids=["utf-8", "ascii"]
)
def test_a_name_does_not_reorder_the_line(encoding: str, letter: str) -> None:
    """Nor does it end the command in a terminal that lacks its letters. Arabic is printed as it is."""
    name = "Ada \N{RIGHT-TO-LEFT OVERRIDE}nimda\N{POP DIRECTIONAL FORMATTING} \N{ARABIC LETTER ALEF}"
    with app_and_provider() as (app, provider):
        browser = Browser(app.base)
        browser.come_back(provider.approve(browser.begin().token, "ada"))
        account = browser.account()["id"]
        with closing(sqlite3.connect(app.database)) as database, database:
            assert database.execute("UPDATE accounts SET name = ?", (name,)).rowcount == 1
        options = ("--database", f"sqlite:///{app.database}")
        listed = typed("accounts", "list", *options, PYTHONIOENCODING=encoding)
        shown = typed("accounts", "show", account, *options, PYTHONIOENCODING=encoding)
    assert listed.stdout == rf"{account}  Ada \u202enimda\u202c {letter}  twitter ada" + "\n"
    assert rf'"name": "Ada \u202enimda\u202c {letter}"' in shown.stdout
    assert json.loads(shown.stdout)["name"] == name


def without_a_server(*arguments: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; sys.modules['uvicorn'] = None; from valetkey.cli.main import main; main(sys.argv[1:])"
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)


def test_a_secret_takes_no_server() -> None:
    """With the extra of a framework alone, whose own command would want the secret first."""
    made = without_a_server("secret")
    assert made.returncode == 0, made.stderr
    assert len(made.stdout.strip()) == 43
    shown = without_a_server("demo")
    assert shown.returncode == 2
    assert shown.stderr == ("valetkey: this needs the demo extra: pip install 'valetkey[demo]' (uvicorn is missing)\n")
