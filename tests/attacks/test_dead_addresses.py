"""A provider with addresses that do not answer: nothing waits longer than promised, and a login lands as long as one
address is alive. In an event loop and in threads (tests/transport/test_addresses.py has each alone)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.browser import Browser
from support.deaf import deaf
from support.servers import SECRET, Process, Provider, free_port

DEAD = ("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5")
ALIVE = "127.0.0.1"
START_SECONDS, CALLBACK_SECONDS = 5.0, 10.0


@contextmanager
def app_with(kind: str, addresses: Path) -> Iterator[tuple[Browser, Provider]]:
    """An app that asks ``addresses`` what ``localhost`` is, and its provider, lenient."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    provider = Provider(f"{base}/auth/twitter")
    provider.set(lenient=True)
    env = {
        "TWITTER_CONSUMER_KEY": provider.key,
        "TWITTER_CONSUMER_SECRET": provider.secret,
        "TWITTER_CALLBACK_URL": f"{base}/auth/twitter",
        "VALETKEY_SECRET": SECRET,
        "VALETKEY_DATABASE": f"sqlite:///{addresses.parent / 'app.db'}",
        "VALETKEY_TWITTER_API": provider.origin,
        "VALETKEY_TWITTER_BROWSER": provider.origin,
        "ADDRESSES": str(addresses),
        "PORT": str(port),
    }
    serve = ("serve", "--no-browser", "--port", str(port)) if kind == "asyncio" else ()
    server = Process(kind, *serve, *(["--no-profile"] if serve else []), env=env, module="support.several")
    try:
        yield Browser(base), provider
    finally:
        server.stop()
        provider.stop()


@pytest.fixture
def addresses(tmp_path: Path) -> Path:
    file = tmp_path / "addresses"
    file.write_text(ALIVE)
    return file


def provider_port(provider: Provider) -> int:
    return int(provider.origin.rpartition(":")[2])


@pytest.mark.parametrize("kind", ["asyncio", "threads"])
def test_a_login_lands_at_the_one_that_is_alive(kind: str, addresses: Path) -> None:
    with app_with(kind, addresses) as (browser, provider), deaf(provider_port(provider), *DEAD):
        addresses.write_text(" ".join((*DEAD, ALIVE)))
        began = time.monotonic()
        begun = browser.begin()
        assert begun.answer.status == 200
        assert time.monotonic() - began < START_SECONDS
        answer = browser.come_back(provider.approve(begun.token))
        assert answer.status == 303
        assert browser.fetch("GET", "/api/me").status == 200
        assert len(provider.calls("request_token")) == len(provider.exchanges) == 1


def test_a_start_where_all_are_dead(addresses: Path) -> None:
    with app_with("asyncio", addresses) as (browser, provider), deaf(provider_port(provider), *DEAD):
        addresses.write_text(" ".join(DEAD))
        began = time.monotonic()
        answer = browser.begin().answer
        assert time.monotonic() - began < START_SECONDS
        assert answer.status == 503
        addresses.write_text(ALIVE)  # the control
        assert browser.begin().answer.status == 200
        assert len(provider.calls("request_token")) == 1


def test_a_callback_where_all_are_dead(addresses: Path) -> None:
    with app_with("threads", addresses) as (browser, provider):
        begun = browser.begin()
        callback = provider.approve(begun.token)
        provider.stop()
        with deaf(provider_port(provider), ALIVE, *DEAD):
            addresses.write_text(" ".join((*DEAD, ALIVE)))
            began = time.monotonic()
            browser.come_back(callback)
            assert time.monotonic() - began < CALLBACK_SECONDS
        assert browser.session_cookie is None
        assert browser.fetch("GET", "/api/me").status == 401
