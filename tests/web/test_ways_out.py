"""A real login where the network is a company's, through a CONNECT proxy; and on platforms without ``select.poll``."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.authority import Authority
from support.browser import Browser
from support.proxying import ConnectProxy
from support.scripted import Scripted, reply, scripted
from support.servers import SECRET, Process, Provider, free_port
from support.transports import Client

ISSUED = reply(b"oauth_token=rt&oauth_token_secret=rs&oauth_callback_confirmed=true")
GRANTED = reply(b"oauth_token=at&oauth_token_secret=as&user_id=42&screen_name=ada")

kinds = pytest.mark.parametrize("kind", ["asyncio", "threads"])


def environment(directory: Path, provider: str, **more: str) -> dict[str, str]:
    port = free_port()
    (directory / "addresses").write_text("127.0.0.1")
    return {
        "TWITTER_CONSUMER_KEY": "sandbox-key",
        "TWITTER_CONSUMER_SECRET": "sandbox-secret",
        "TWITTER_CALLBACK_URL": f"http://127.0.0.1:{port}/auth/twitter",
        "VALETKEY_SECRET": SECRET,
        "VALETKEY_DATABASE": f"sqlite:///{directory / 'app.db'}",
        "VALETKEY_TWITTER_API": provider,
        "VALETKEY_TWITTER_BROWSER": provider,
        "ADDRESSES": str(directory / "addresses"),
        "PORT": str(port),
        **more,
    }


@contextmanager
def app(kind: str, env: dict[str, str]) -> Iterator[tuple[Browser, Process]]:
    arguments = ["asyncio", "serve", "--no-browser", "--port", env["PORT"]] if kind == "asyncio" else [kind]
    server = Process(*arguments, env=env, module="support.several")
    try:
        yield Browser(f"http://127.0.0.1:{env['PORT']}"), server
    finally:
        server.stop()


@contextmanager
def provider_behind_a_proxy(directory: Path) -> Iterator[tuple[Scripted, ConnectProxy, Authority]]:
    """A provider that no name server knows: only the proxy leads to it."""
    authority = Authority(directory)
    tls = authority.server(host="provider.test")
    with scripted(ISSUED, GRANTED, tls=tls) as provider, ConnectProxy(provider.port) as proxy:
        yield provider, proxy, authority


@kinds
def test_a_login_lands_through_a_proxy(kind: str, tmp_path: Path) -> None:
    """And the proxy's password is in no log, no page and no request to the provider."""
    with provider_behind_a_proxy(tmp_path) as (provider, proxy, authority):
        url = proxy.url.replace("http://", "http://ada:hunter2@")
        more = {"https_proxy": url, "SSL_CERT_FILE": str(authority.file)}
        with app(kind, environment(tmp_path, "https://provider.test", **more)) as (browser, server):
            begun = browser.begin()
            assert begun.token == "rt"
            answer = browser.visit(f"/auth/twitter?oauth_token={begun.token}&oauth_verifier=v")
            assert answer.status == 303
            assert browser.session_cookie
            assert browser.fetch("GET", "/api/me").status == 200
            seen = server.log + "".join(one.text for one in browser.seen)
    targets = [request.split(b" ")[1] for request in provider.requests]
    assert targets[:2] == [b"/oauth/request_token", b"/oauth/access_token"]
    assert len(proxy.heads) == provider.accepted
    assert proxy.heads[0].startswith(b"CONNECT provider.test:443 ")
    assert b"Proxy-Authorization: Basic YWRhOmh1bnRlcjI=" in proxy.heads[0]
    assert "hunter2" not in seen
    assert "YWRhOmh1bnRlcjI" not in seen
    assert b"roxy-" not in b"".join(provider.requests)


@kinds
def test_without_the_proxy_there_is_no_way(kind: str, tmp_path: Path) -> None:
    """The control: ``NO_PROXY`` names the provider, whose name nobody else knows."""
    with provider_behind_a_proxy(tmp_path) as (provider, proxy, authority):
        more = {"HTTPS_PROXY": proxy.url, "NO_PROXY": ".test", "SSL_CERT_FILE": str(authority.file)}
        with app(kind, environment(tmp_path, "https://provider.test", **more)) as (browser, _):
            answer = browser.begin().answer
    assert answer.status == 503
    assert "provider.test does not resolve" in answer.text
    assert proxy.heads == provider.requests == []


@kinds
@pytest.mark.parametrize(("status", "asked"), [(407, 1), (403, 1), (502, 4)])
def test_a_proxy_that_refuses_is_named(kind: str, tmp_path: Path, status: int, asked: int) -> None:
    """A password that is wrong is not tried again: proxies count, and close accounts."""
    with ConnectProxy(1, f"HTTP/1.1 {status} No\r\n\r\n".encode()) as proxy:
        env = environment(tmp_path, "https://provider.test", HTTPS_PROXY=proxy.url)
        with app(kind, env) as (browser, _):
            answer = browser.begin().answer
    assert answer.status == 503
    assert f"127.0.0.1:{proxy.port}" in answer.text
    assert str(status) in answer.text
    assert len(proxy.heads) == asked


@pytest.mark.parametrize("proxy", ["socks5://canary:1080", "https://canary:443", "http://"])
def test_a_proxy_that_cannot_be_used_stops_the_start(tmp_path: Path, proxy: str) -> None:
    """Where the provider needs it; a provider on this machine does not, and the app starts with a line in its log."""
    environ = {**environment(tmp_path, "https://provider.test", HTTPS_PROXY=proxy), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "valetkey.cli", "serve", "--no-browser", "--port", "0"]
    ran = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=30, check=False)
    assert ran.returncode == 2
    assert ran.stderr.startswith("valetkey: HTTPS_PROXY: ")
    assert "canary" not in ran.stderr
    with app("asyncio", environment(tmp_path, "http://localhost:1", HTTPS_PROXY=proxy)) as (_, server):
        assert server.log.count("HTTPS_PROXY: ") == 1
        assert "canary" not in server.log


# Platforms


@kinds
def test_a_login_lands_without_poll(kind: str, tmp_path: Path) -> None:
    """As on Windows and under eventlet. The second request of the login looks at the connection of the first."""
    port = free_port()
    provider = Provider(f"http://127.0.0.1:{port}/auth/twitter")
    env = environment(tmp_path, provider.origin, WITHOUT_POLL="yes")
    env = {**env, "PORT": str(port), "TWITTER_CALLBACK_URL": f"http://127.0.0.1:{port}/auth/twitter"}
    try:
        with app(kind, env) as (browser, server):
            assert "no select.poll" in server.log
            answer = browser.come_back(provider.approve(browser.begin().token))
            assert answer.status == 303
            assert browser.fetch("GET", "/api/me").status == 200
            assert len(provider.exchanges) == 1
    finally:
        provider.stop()


@pytest.mark.parametrize("kind", ["loop", "uvloop", "thread"])
def test_descriptors_beyond_what_select_can_see(kind: str) -> None:
    """A busy server has thousands; ``select.select`` stops at 1023."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    client = Client(kind)
    spare = socket.socket()
    many = [os.dup(spare.fileno()) for _ in range(1100)]
    try:
        with scripted(forever=reply()) as server:
            assert [client.send(server.url).status for _ in range(3)] == [200] * 3
        assert server.accepted == 1
    finally:
        for descriptor in many:
            os.close(descriptor)
        spare.close()
        client.stop()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
