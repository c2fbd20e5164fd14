"""Whose start it is: the address of the socket, what named proxies say, and nothing else that a request says."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from support.servers import SECRET

from valetkey import Secret, Settings
from valetkey.errors import TooManyStarts
from valetkey.providers.twitter import twitter
from valetkey.web.client_addresses import ClientAddresses
from valetkey.web.http import Incoming
from valetkey.web.rate_limit import StartLimit

LIMIT = 20
MANY = 200  # more than all together may start at once
PUBLIC, ALL = LIMIT, 2 * LIMIT


HERE = "http://127.0.0.1:8000/auth/twitter"


def starts(
    clock: Callable[[], float] = lambda: 1000.0,
    *,
    callback: str = "https://app.example.com/auth/twitter",
    **more: object,
) -> StartLimit:
    settings = Settings(
        callbacks={"twitter": (callback,)},
        secrets=(Secret(SECRET),),
        providers=(twitter(key="key", secret=Secret("secret")),),
        **{"start_limit": LIMIT, **more},  # type: ignore[arg-type]
    )
    return StartLimit(settings, ClientAddresses(settings.proxies), clock)


def incoming(peer: str | None, *forwarded: str, **headers: str) -> Incoming:
    lines = [("x-forwarded-for", value) for value in forwarded]
    lines += [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Incoming(method="POST", path="twitter", headers=lines, peer=peer)


def passed(limiter: StartLimit, requests: list[Incoming]) -> int:
    refusals = []
    for one in requests:
        try:
            limiter.take(one, "twitter")
        except TooManyStarts as refused:
            refusals.append(refused)
    assert {(one.code, one.status) for one in refusals} <= {("rate_limited", 429)}
    assert all(one.retry_after_seconds is not None and one.retry_after_seconds >= 1 for one in refusals)
    return len(requests) - len(refusals)


@pytest.mark.parametrize(
    ("requests", "expected"),
    [
        ([incoming("8.8.8.8")], PUBLIC),
        ([incoming(f"8.8.8.{last}") for last in range(256)], PUBLIC),
        ([incoming(f"::ffff:8.8.8.{last}") for last in range(256)], PUBLIC),
        ([incoming(f"2a00:1450:1:2::{last:x}") for last in range(256)], PUBLIC),
        ([incoming(f"2a00:1450:1:2:{last:x}:{last:x}::1") for last in range(256)], PUBLIC),
        # No proxy is named, so what a request says of its way decides nothing.
        ([incoming("8.8.8.8", f"9.9.{last}.9") for last in range(256)], PUBLIC),
        ([incoming("8.8.8.8", x_real_ip=f"9.9.{last}.9") for last in range(256)], PUBLIC),
        ([incoming("8.8.8.8", forwarded=f"for=9.9.{last}.9") for last in range(256)], PUBLIC),
        # A private address may be a proxy's that is not named: only the limit for all applies.
        ([incoming("10.0.0.1")], ALL),
        ([incoming("172.17.0.1", f"9.9.{last}.9") for last in range(256)], ALL),
        ([incoming("fd00::1")], ALL),
        ([incoming("fe80::1%eth0")], ALL),
        ([incoming(None)], ALL),
        ([incoming("")], ALL),
        # An app with a public address is reached from its own machine by a proxy, which may add no header.
        ([incoming("127.0.0.1")], ALL),
        ([incoming("::1")], ALL),
        ([incoming("127.0.0.1", "9.9.9.9")], ALL),
    ],
)
def test_while_no_proxy_is_named(requests: list[Incoming], expected: int) -> None:
    assert passed(starts(), (requests * MANY)[:MANY]) == expected


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (incoming("127.0.0.1"), MANY),
        (incoming("::1"), MANY),
        (incoming("127.0.0.1", "9.9.9.9"), ALL),
        (incoming("::1", x_real_ip="9.9.9.9"), ALL),
        (incoming("127.0.0.1", via="1.1 proxy"), ALL),
        (incoming("8.8.8.8"), PUBLIC),
    ],
)
def test_an_app_on_this_machine(one: Incoming, expected: int) -> None:
    """Its own machine is exempt, unless a proxy on it passed the request on."""
    assert passed(starts(callback=HERE), [one] * MANY) == expected


@pytest.mark.parametrize(
    ("requests", "expected"),
    [
        ([incoming("127.0.0.1", "9.9.9.9")], PUBLIC),
        ([incoming("127.0.0.1", f"9.9.9.{last}:{4000 + last}") for last in range(256)], PUBLIC),
        ([incoming("127.0.0.1", f"[2a00:1450:1:2::{last:x}]:{4000 + last}") for last in range(256)], PUBLIC),
        # What stands further left than the last address that is no proxy, anybody may have written.
        ([incoming("127.0.0.1", f"9.9.{last}.9, 8.8.8.8") for last in range(256)], PUBLIC),
        ([incoming("127.0.0.1", f"9.9.{last}.9", "8.8.8.8") for last in range(256)], PUBLIC),
        ([incoming("127.0.0.1", f"9.9.{last}.9, 8.8.8.8, 10.1.2.3") for last in range(256)], PUBLIC),
        ([incoming("8.8.8.8", f"9.9.{last}.9") for last in range(256)], PUBLIC),  # not a proxy at all
        ([incoming("127.0.0.1", "192.168.7.7")], PUBLIC),  # a client in a private network, as a proxy says
        # A proxy that does not say for whom it asks, or says nothing that is an address.
        ([incoming("127.0.0.1")], ALL),
        ([incoming("127.0.0.1", "unknown")], ALL),
        ([incoming("127.0.0.1", "10.9.9.9")], ALL),
        # Others: each network has its own.
        ([incoming("127.0.0.1", f"9.9.{last}.9") for last in range(MANY)], ALL),
    ],
)
def test_behind_named_proxies(requests: list[Incoming], expected: int) -> None:
    limiter = starts(proxies=("127.0.0.1", "::1", "10.0.0.0/8"))
    assert passed(limiter, (requests * MANY)[:MANY]) == expected


def test_off_is_off() -> None:
    assert passed(starts(start_limit=None), [incoming("8.8.8.8")] * 1000) == 1000


def test_a_flood_is_one_line_a_minute_and_names_nobody(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "valetkey")
    now = 1000.0
    limiter = starts(lambda: now)
    for _ in range(3):
        passed(limiter, [incoming("8.8.8.8")] * 1000)
        now += 61
    assert len(caplog.records) == 3
    assert "VALETKEY_START_LIMIT" in caplog.text
    assert "8.8.8" not in caplog.text
