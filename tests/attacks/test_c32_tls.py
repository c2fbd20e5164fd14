"""C32: a real server speaks to nobody but the provider: a wrong host, an expired or an unknown certificate, an old
protocol, and no word of a request goes out. There is no switch that turns this off."""

from __future__ import annotations

import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.authority import Authority
from support.browser import Answer, Browser
from support.scripted import Scripted, reply, scripted
from support.servers import SECRET, Process, free_port

TOKENS = reply(b"oauth_token=aToken&oauth_token_secret=aSecret&oauth_callback_confirmed=true")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@contextmanager
def app_at(provider: Scripted, trusted: Path, directory: Path) -> Iterator[Browser]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    address = f"https://localhost:{provider.port}"
    env = {
        "TWITTER_CONSUMER_KEY": "sandbox-key",
        "TWITTER_CONSUMER_SECRET": "sandbox-secret",
        "TWITTER_CALLBACK_URL": f"{base}/auth/twitter",
        "VALETKEY_SECRET": SECRET,
        "VALETKEY_DATABASE": f"sqlite:///{directory / 'app.db'}",
        "VALETKEY_TWITTER_API": address,
        "VALETKEY_TWITTER_BROWSER": address,
        "VALETKEY_PROVIDERS": "twitter,github",
        "GITHUB_CLIENT_ID": "sandbox-github",
        "GITHUB_CLIENT_SECRET": "sandbox-github-secret",
        "VALETKEY_GITHUB_BASE": address,
        "SSL_CERT_FILE": str(trusted),
    }
    server = Process("readme", str(port), env=env)
    try:
        yield Browser(base)
    finally:
        server.stop()


def test_the_control(authority: Authority, tmp_path: Path) -> None:
    """With a good certificate of a trusted authority the login begins."""
    with (
        scripted(forever=TOKENS, tls=authority.server()) as provider,
        app_at(provider, authority.file, tmp_path) as browser,
    ):
        assert browser.begin().token == "aToken"
    assert len(provider.requests) == 1
    assert b"oauth_signature" in provider.requests[0]


def comes_back(browser: Browser) -> Answer:
    """With a code, which is exchanged at once: a start of OAuth 2.0 asks for nothing."""
    browser.provider = "github"
    return browser.come_back(f"/auth/github?code=aCode&state={browser.begin().token}")


def test_the_control_of_a_code(authority: Authority, tmp_path: Path) -> None:
    with (
        scripted(forever=reply(b'{"error": "bad_verification_code"}'), tls=authority.server()) as provider,
        app_at(provider, authority.file, tmp_path) as browser,
    ):
        assert comes_back(browser).code == "provider_refused"
    (request,) = provider.requests
    assert b"code=aCode" in request


def bad(wrong: str, authority: Authority, tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """How a server is wrong, and whom the app trusts."""
    options: dict[str, Any] = {"host": {"host": "other.test"}, "expired": {"days": -1}}.get(wrong, {})
    tls = authority.server(**options)
    trusted = authority.file
    if wrong == "unknown":
        other = tmp_path / "other"
        other.mkdir()
        trusted = Authority(other).file
    if wrong == "old protocol":
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            tls.minimum_version, tls.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        tls.set_ciphers("ALL:@SECLEVEL=0")
    return tls, trusted


@pytest.mark.parametrize("wrong", ["host", "expired", "unknown", "old protocol"])
def test_a_bad_one_is_told_nothing(authority: Authority, tmp_path: Path, wrong: str) -> None:
    tls, trusted = bad(wrong, authority, tmp_path)
    with scripted(forever=TOKENS, tls=tls) as provider, app_at(provider, trusted, tmp_path) as browser:
        answer = browser.begin().answer
        assert answer.status == 503
        assert browser.cookies.keys() and all("session" not in name for name in browser.cookies)
        assert "aToken" not in answer.text
    assert provider.requests == []
    assert provider.accepted >= 1  # it was reached, and found out


def test_a_bad_one_is_sent_no_code(authority: Authority, tmp_path: Path) -> None:
    tls, trusted = bad("host", authority, tmp_path)
    with scripted(forever=TOKENS, tls=tls) as provider, app_at(provider, trusted, tmp_path) as browser:
        answer = comes_back(browser)
        assert answer.send_to  # nothing is certain about the code, so the login begins again
        assert browser.session_cookie is None
    assert provider.requests == []
    assert provider.accepted >= 1


@pytest.mark.parametrize("name", ["VALETKEY_TWITTER_API", "VALETKEY_TWITTER_BROWSER"])
def test_no_downgrade(tmp_path: Path, name: str) -> None:
    """Plain http to anywhere but this machine does not even start."""
    env = {
        "TWITTER_CONSUMER_KEY": "sandbox-key",
        "TWITTER_CONSUMER_SECRET": "sandbox-secret",
        "TWITTER_CALLBACK_URL": "http://127.0.0.1:9000/auth/twitter",
        "VALETKEY_SECRET": SECRET,
        "VALETKEY_DATABASE": f"sqlite:///{tmp_path / 'app.db'}",
        name: "http://api.x.test",
        "PATH": "/usr/bin:/bin",
    }
    command = [sys.executable, "-m", "valetkey.cli", "serve", "--no-browser", "--port", "0"]
    ran = subprocess.run(command, env=env, capture_output=True, text=True, timeout=30, check=False)
    assert ran.returncode == 2
    assert name in ran.stderr
    assert "https" in ran.stderr
