"""C28: a redirect on a token call is never followed, and nothing is signed for another address."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from support.browser import Answer, Browser
from support.servers import App, Provider

ENDPOINTS = [
    ("twitter", "request_token"),
    ("twitter", "exchange"),
    ("acme", "exchange"),
    ("github", "exchange"),
    ("github", "profile"),
]


@pytest.fixture
def elsewhere() -> Iterator[tuple[int, list[bytes]]]:
    """A listener that must never hear anything."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        going = threading.Event()

        def listen() -> None:
            while not going.is_set():
                try:
                    connection, _ = listening.accept()
                except TimeoutError:
                    continue
                with connection:
                    heard.append(connection.recv(4096))

        thread = threading.Thread(target=listen)
        thread.start()
        yield listening.getsockname()[1], heard
        going.set()
        thread.join()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(("front", "endpoint"), ENDPOINTS, indirect=["front"])
def test_never_followed(
    app: App,
    provider: Provider,
    browser: Callable[[], Browser],
    person: dict[str, str],
    sign_in: Callable[..., Answer],
    elsewhere: tuple[int, list[bytes]],
    endpoint: str,
    status: int,
) -> None:
    """To an address, without a scheme, and back to the provider itself."""
    port, heard = elsewhere
    itself = f"{provider.origin}/oauth/access_token"
    for location in (f"http://127.0.0.1:{port}/x", f"//127.0.0.1:{port}/x", itself):
        provider.reset()
        profile = browser()
        if endpoint == "request_token":
            provider.fault(endpoint, "redirect", status=status, location=location)
            begun = profile.begin()
        else:
            begun = profile.begin()
            provider.fault(endpoint, "redirect", status=status, location=location)
            profile.come_back(provider.approve(begun.send_to, **person))
        assert len(provider.calls(endpoint)) == 1
        assert profile.session_cookie is None
        assert profile.collect(begun.login).json()["login"]["error"]["code"] == "provider_reply_invalid"
    assert heard == []
    sign_in(browser(), **person)
