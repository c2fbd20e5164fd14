"""The sandbox's answers leave at once, also on a connection that stays open."""

from __future__ import annotations

import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

from valetkey.testing.sandbox import SandboxSettings, running


def test_an_answer_does_not_wait_for_an_acknowledgement() -> None:
    """Head and body are two writes. Nagle's algorithm holds the second back until the client acknowledges the first,
    and a client waits 40 ms with that, once it has seen some answers. A busy machine delays some of them, not most."""
    with running(SandboxSettings()) as live:
        address = urlsplit(live.origin)
        connection = HTTPConnection("127.0.0.1", address.port)
        seconds = []
        for _ in range(60):
            began_at = time.perf_counter()
            connection.request("GET", "/oauth/authorize")
            assert connection.getresponse().read()
            seconds.append(time.perf_counter() - began_at)
        connection.close()
    assert sorted(seconds[-40:])[10] < 0.03
