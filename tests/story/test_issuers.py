"""What an issuer publishes is read when a login needs it, kept, and read again sparingly."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from valetkey.errors import ProviderReplyInvalid, ProviderUnavailable
from valetkey.http_client.runner import LoopRunner, ThreadRunner
from valetkey.login.issuers import KEYS_SECONDS, METADATA_SECONDS, RETRY_SECONDS, IssuerCache
from valetkey.protocols.base import Inputs
from valetkey.protocols.discovery import ServerMetadata
from valetkey.protocols.http import HttpRequest, HttpResponse, Stamp
from valetkey.protocols.jwks import KeySet

ISSUER = "https://issuer.example"


class Published:
    """A protocol whose documents are a text each: the keys are the one key's id."""

    def discover(self) -> Any:
        response = yield HttpRequest(method="GET", url=f"{ISSUER}/metadata", headers={})
        if response.status != 200:
            raise ProviderUnavailable
        return ServerMetadata(issuer=ISSUER, authorize_url="", token_url="", keys_url=f"{ISSUER}/keys")

    def fetch_keys(self, metadata: ServerMetadata | None) -> Any:
        assert metadata is not None
        response = yield HttpRequest(method="GET", url=metadata.keys_url or "", headers={})
        if response.status != 200:
            raise ProviderUnavailable
        if not response.body:
            raise ProviderReplyInvalid
        return KeySet(({"kid": response.body.decode()},))


@dataclass
class Issuer:
    """The other side: what it publishes now, and what it was asked for."""

    blocking: bool
    now: float = 1000.0
    kid: str = "first"
    status: int = 200
    slow: float = 0.0
    journal: list[str] = field(default_factory=list)
    provider: Any = field(default_factory=lambda: SimpleNamespace(name="acme", protocol=Published()))

    async def send(self, request: HttpRequest, deadline: float) -> HttpResponse:
        self.journal.append(request.url.rpartition("/")[2])
        if self.slow:
            await (ThreadRunner if self.blocking else LoopRunner)().sleep(self.slow)
        return HttpResponse(status=self.status, headers={}, body=self.kid.encode())

    async def close(self) -> None: ...


@dataclass
class Played:
    issuer: Issuer
    cache: IssuerCache
    run: Callable[[Any], Any]

    def documents(self, budget: float = 3.0) -> tuple[ServerMetadata | None, KeySet | None]:
        return self.run(self.cache.documents(self.issuer.provider, time.monotonic() + budget))

    def kid(self) -> object:
        keys = self.documents()[1]
        assert keys is not None
        return keys.members[0]["kid"]

    def newer(self, keys: KeySet | None) -> Any:
        inputs = Inputs(nonces=lambda: Stamp(timestamp=0, nonce=""), metadata=self.documents()[0], keys=keys)
        return self.run(self.cache.newer_keys(self.issuer.provider, inputs, time.monotonic() + 3))


@pytest.fixture(params=["loop", "thread"])
def played(request: pytest.FixtureRequest) -> Iterator[Played]:
    issuer = Issuer(blocking=request.param == "thread")
    runner = ThreadRunner() if issuer.blocking else LoopRunner()
    cache = IssuerCache(transport=issuer, runner=runner, monotonic=lambda: issuer.now)
    with asyncio.Runner() as loop:
        yield Played(issuer, cache, runner.run if isinstance(runner, ThreadRunner) else loop.run)


def test_each_document_is_read_once(played: Played) -> None:
    for _ in range(50):
        assert played.kid() == "first"
    assert played.issuer.journal == ["metadata", "keys"]


def test_nothing_is_read_for_a_protocol_that_needs_nothing(played: Played) -> None:
    nothing = SimpleNamespace(discover=lambda: None, fetch_keys=lambda metadata: None)
    played.issuer.provider = SimpleNamespace(name="plain", protocol=nothing)
    assert played.documents() == (None, None)
    assert played.issuer.journal == []


def test_starts_at_the_same_time_share_one_read(played: Played) -> None:
    played.issuer.slow = 0.05
    if played.issuer.blocking:
        threads = [threading.Thread(target=played.kid) for _ in range(20)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    else:

        async def all_at_once() -> None:
            deadline = time.monotonic() + 3
            await asyncio.gather(*(played.cache.documents(played.issuer.provider, deadline) for _ in range(20)))

        played.run(all_at_once())
    assert played.issuer.journal == ["metadata", "keys"]


def test_keys_are_read_again_after_an_hour_and_metadata_after_six(played: Played) -> None:
    played.kid()
    played.issuer.kid = "second"
    played.issuer.now += KEYS_SECONDS - 1
    assert played.kid() == "first"
    played.issuer.now += 2
    assert played.kid() == "second"
    assert played.issuer.journal == ["metadata", "keys", "keys"]
    played.issuer.now += METADATA_SECONDS
    played.kid()
    assert played.issuer.journal[3:] == ["metadata", "keys"]


@pytest.mark.parametrize("fault", [{"status": 503}, {"kid": ""}])
def test_the_last_good_copy_stays_when_a_refresh_fails(played: Played, fault: dict[str, Any]) -> None:
    """And the next try comes a minute later, so that an outage costs each login nothing."""
    played.kid()
    vars(played.issuer).update(fault)
    played.issuer.now += KEYS_SECONDS + 1
    for _ in range(10):
        assert played.kid() == "first"
    assert played.issuer.journal == ["metadata", "keys", "keys"]
    vars(played.issuer).update(status=200, kid="second")
    played.issuer.now += RETRY_SECONDS + 1
    assert played.kid() == "second"


def test_without_any_copy_a_login_cannot_begin_and_the_next_one_can(played: Played) -> None:
    played.issuer.status = 503
    with pytest.raises(ProviderUnavailable):
        played.documents()
    assert played.issuer.journal == ["metadata"]
    played.issuer.status = 200
    assert played.kid() == "first"


def test_rotated_keys_are_read_at_once_and_then_once_a_minute(played: Played) -> None:
    """The first time does not wait: keys may rotate right after they were read."""
    keys = played.documents()[1]
    for rotation in range(1, 4):
        played.issuer.kid = f"rotated {rotation}"
        newer = played.newer(keys)
        assert newer.members[0]["kid"] == f"rotated {rotation}"
        for _ in range(100):
            assert played.newer(newer) is newer
        keys = newer
        assert played.issuer.journal.count("keys") == rotation + 1
        played.issuer.now += RETRY_SECONDS + 1


def test_a_login_that_saw_older_keys_gets_those_that_another_has_read(played: Played) -> None:
    keys = played.documents()[1]
    played.issuer.kid = "second"
    newer = played.newer(keys)
    assert played.newer(keys) is newer
    played.issuer.now += RETRY_SECONDS + 1  # a read would be allowed by now, and is not needed
    assert played.newer(keys) is newer
    assert played.issuer.journal.count("keys") == 2


def test_each_provider_has_its_own(played: Played) -> None:
    """Keys, and what a made-up key id and an outage cost."""
    acme, other = played.issuer.provider, SimpleNamespace(name="other", protocol=Published())
    keys = played.documents()[1]
    played.newer(keys)
    played.issuer.provider, played.issuer.kid = other, "of another"
    assert played.kid() == "of another"
    others = played.documents()[1]
    played.issuer.kid = "rotated"
    assert played.newer(others).members[0]["kid"] == "rotated"
    played.issuer.provider = acme
    assert played.kid() == "first"
    played.issuer.status, played.issuer.now = 503, played.issuer.now + KEYS_SECONDS + 1
    assert played.kid() == "first"
    played.issuer.provider, played.issuer.status = other, 200
    assert played.kid() == "rotated"


def test_rotated_keys_that_cannot_be_read_leave_the_old_ones(played: Played) -> None:
    keys = played.documents()[1]
    played.issuer.status = 503
    with pytest.raises(ProviderUnavailable):
        played.newer(keys)
    assert played.documents()[1] is keys
