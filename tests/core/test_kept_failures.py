"""A login that tries again keeps the failure before. Nothing else is kept with it: where a provider hangs, a thousand
logins do so at once, and what only the garbage collector finds stops the whole process."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from typing import Any

import pytest
from support.scripted import hang, scripted

from valetkey import Secret
from valetkey.http_client import LoopTransport, TransportError
from valetkey.http_client.runner import LoopRunner
from valetkey.login.exchange import LostReply
from valetkey.login.provider_client import ProviderClient
from valetkey.protocols.base import CallbackParameters, PendingRequest
from valetkey.protocols.http import HttpRequest
from valetkey.providers.twitter import twitter

CALLBACK = "https://app.example.com/auth/twitter"


class Hanging:
    """A transport whose provider never answers."""

    def __init__(self) -> None:
        self.failures: list[weakref.ref[TransportError]] = []

    async def send(self, request: HttpRequest, deadline: float) -> Any:
        failure = TransportError("It did not answer in time.", maybe_sent=True)
        self.failures.append(weakref.ref(failure))
        try:
            raise OSError
        except OSError as error:
            raise failure from error

    async def close(self) -> None:
        pass


def kept_by(failure: Exception | None) -> list[object]:
    """What an exception refers to, beside its own words."""
    assert isinstance(failure, TransportError)
    return [failure.__traceback__, failure.__context__, failure.__cause__]


async def lose(transport: Hanging) -> None:
    client = ProviderClient(transport=transport, runner=LoopRunner())

    async def may_repeat() -> bool:
        # Only the login's own variable refers to the failure of the first exchange.
        (first,) = (one() for one in transport.failures)
        assert kept_by(first) == [None] * 3
        return True

    try:
        await client.exchange(
            twitter(key="ck", secret=Secret("cs")),
            PendingRequest(request_id="t", callback_url=CALLBACK, memo={"token_secret": Secret("s")}),
            CallbackParameters(request_id="t", query={"oauth_token": "t", "oauth_verifier": "v"}),
            is_repeat=False,
            may_repeat=may_repeat,
        )
    except LostReply as lost:
        with_it = [lost.__context__, *kept_by(lost.cause)]
    assert with_it == [None] * 4


def test_no_cycle_is_left() -> None:
    """Without the collector, both failures have gone as soon as the login has ended."""
    transport = Hanging()
    gc.disable()
    try:
        asyncio.run(lose(transport))
        assert len(transport.failures) == 2
        assert [one() for one in transport.failures] == [None, None]
    finally:
        gc.enable()


def test_a_timeout_is_without_its_causes() -> None:
    """The exceptions that end the wait have the frames of the request in their tracebacks."""
    with scripted(hang) as server:

        async def send() -> TransportError:
            transport = LoopTransport()
            request = HttpRequest(method="POST", url=server.url, headers={})
            with pytest.raises(TransportError) as caught:
                await transport.send(request, time.monotonic() + 1.0)
            return caught.value

        failure = asyncio.run(send())
    assert failure.maybe_sent
    assert (failure.__context__, failure.__cause__) == (None, None)
