"""O10: keys that rotate at the wrong moment, and key ids that somebody makes up. OIDC Core §10.1.1."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.hostile import Hostile
from support.in_process import InProcess
from support.jose import key
from support.with_p import NewApp, a_person, refuses, signs_in, variables

from valetkey.http_client import LoopTransport
from valetkey.http_client.runner import LoopRunner
from valetkey.login.issuers import IssuerCache
from valetkey.protocols.base import Inputs
from valetkey.protocols.http import Stamp


def rotate(p: Hostile, *, keeps: bool = False) -> None:
    old = p.signing
    p.signing = key("RS256", f"rotated-{next(_numbers)}", 3)
    p.keys = [p.signing, old] if keeps else [p.signing]


_numbers = itertools.count()


@pytest.mark.parametrize("keeps", [True, False], ids=["old key published", "old key gone"])
def test_between_the_start_and_the_callback(app_with_p: InProcess, p: Hostile, keeps: bool) -> None:
    """The callback waits for one request for keys, and lands. The next login finds them there."""
    profile, who = app_with_p.browser(), a_person()
    begun = profile.begin_at("acme")
    assert [one.endpoint for one in p.calls()] == ["keys"]
    rotate(p, keeps=keeps)
    p.forget()
    assert profile.come_back(p.approve(begun.send_to, who)).status == 303
    assert profile.account()["identities"][0]["handle"] == who["preferred_username"]
    assert [one.endpoint for one in p.calls()] == ["token", "keys"]
    p.forget()
    signs_in(app_with_p, p)
    assert [one.endpoint for one in p.calls()] == ["token"]


def test_many_logins_at_once_after_a_rotation(app_with_p: InProcess, p: Hostile) -> None:
    """One request for all of them."""
    profiles = [(app_with_p.browser(), a_person()) for _ in range(12)]
    started = [(profile, profile.begin_at("acme"), who) for profile, who in profiles]
    rotate(p)
    p.forget()
    callbacks = [(profile, p.approve(begun.send_to, who)) for profile, begun, who in started]
    with ThreadPoolExecutor(len(callbacks)) as pool:
        answers = list(pool.map(lambda one: one[0].come_back(one[1]), callbacks))
    assert [one.status for one in answers] == [303] * len(callbacks)
    assert len(p.calls("keys")) == 1
    assert len(p.calls("token")) == len(callbacks)


def test_made_up_kids(app_with_p: InProcess, p: Hostile) -> None:
    """Every one is refused, P is asked for its keys once, and honest logins land before, between and after."""
    for number in range(40):
        p.header = {"kid": f"made-up-{number}"}
        refuses(app_with_p, p, calls=("token", "keys") if number == 0 else ("token",))
        if number % 20 == 0:
            p.header = {}
            signs_in(app_with_p, p)
    p.header = {}
    signs_in(app_with_p, p)


def test_a_rotation_after_made_up_kids(app_with_p: InProcess, p: Hostile) -> None:
    """An attacker has used the minute's request up, and the issuer rotates: tokens of the old key go on, and the new
    key waits for the next minute (below). Nothing is accepted in the meantime that is not known."""
    p.header = {"kid": "made-up"}
    refuses(app_with_p, p, calls=("token", "keys"))
    p.header = {}
    old = p.signing
    rotate(p, keeps=True)
    refuses(app_with_p, p, calls=("token",))
    p.signing = old
    signs_in(app_with_p, p)


def test_ten_thousand_in_five_minutes(app_with_p: InProcess, p: Hostile) -> None:
    """At the cache itself, whose minutes are the test's: at most one request a minute."""
    (acme, _) = app_with_p.settings.providers
    now = 1000.0

    async def run() -> int:
        nonlocal now
        transport = LoopTransport()
        cache = IssuerCache(transport=transport, runner=LoopRunner(), monotonic=lambda: now)
        try:
            metadata, keys = await cache.documents(acme, time.monotonic() + 10)
            inputs = Inputs(nonces=lambda: Stamp(timestamp=0, nonce=""), metadata=metadata, keys=keys)
            p.forget()
            for _ in range(10_000):
                now += 300 / 10_000
                known = await cache.newer_keys(acme, inputs, time.monotonic() + 10)
                assert known is not None
                # As a login that began just now has them.
                inputs = Inputs(nonces=inputs.nonces, metadata=metadata, keys=known)
        finally:
            await transport.close()
        return len(p.calls("keys"))

    assert 2 <= asyncio.run(run()) <= 6


def test_slow_keys_hold_no_other_provider(new_app: NewApp, p: Hostile) -> None:
    """While one issuer's keys are awaited, the logins of another land."""
    app = new_app(VALETKEY_PROVIDERS="acme,other", **variables(p), **variables(p, "other"))
    signs_in(app, p), signs_in(app, p, "other")
    waits = threading.Event()

    def slow(request: object, usual: object) -> object:
        waits.wait(5)
        return usual()  # type: ignore[operator]

    profile = app.browser()
    begun = profile.begin_at("acme")
    p.header = {"kid": "made-up"}
    p.replace("keys", slow, times=1)  # type: ignore[arg-type]
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(profile.come_back, p.approve(begun.send_to))
        while not p.calls("keys")[-1:] or not p.calls("token"):
            time.sleep(0.005)
        p.header = {}
        signs_in(app, p, "other")
        waits.set()
        late.result(20)
