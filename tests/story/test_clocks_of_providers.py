"""What a provider's clock does to its logins, and that it does nothing to those of another provider."""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from support.jose import key, token

from valetkey import errors
from valetkey.crypto import Secret
from valetkey.http_client.runner import LoopRunner, ThreadRunner
from valetkey.login.provider_client import ProviderClient
from valetkey.models import Profile
from valetkey.protocols.base import AuthorizationRequest, CallbackParameters, PendingRequest
from valetkey.protocols.http import HttpRequest, HttpResponse
from valetkey.providers.record import oidc
from valetkey.providers.record.provider import Provider
from valetkey.providers.twitter import twitter

SIGNER = key("RS256", "k1")
CALLBACK = "https://app.test/auth/x"
HOUR = 3600.0


@dataclass
class Issuer:
    """An issuer whose clock and whose tokens may be off, in seconds."""

    host: str
    clock: float = 0.0
    tokens: float = 0.0
    status: int = 200
    nonce: str = ""
    journal: list[str] = field(default_factory=list)

    def answer(self, place: str) -> HttpResponse:
        self.journal.append(place)
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + self.clock))
        status = self.status if place == "token" else 200
        return HttpResponse(status=status, headers={"date": date}, body=json.dumps(getattr(self, place)()).encode())

    def metadata(self) -> dict[str, object]:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return {"issuer": f"https://{self.host}", **{name: f"https://{self.host}/{at}" for name, at in names.items()}}

    def keys(self) -> dict[str, object]:
        return {"keys": [SIGNER.jwk]}

    def token(self) -> dict[str, object]:
        if self.status != 200:
            return {"error": "invalid_grant"}
        now = int(time.time() + self.tokens)
        claims = {"iss": f"https://{self.host}", "aud": "c", "sub": "7", "nonce": self.nonce, "iat": now}
        signed = token({"alg": "RS256", "kid": "k1"}, {**claims, "exp": now + 300}, SIGNER, "RS256")
        return {"access_token": "at", "token_type": "Bearer", "id_token": signed}


@dataclass
class World:
    """A node, and two issuers."""

    a: Issuer = field(default_factory=lambda: Issuer("a.test"))
    b: Issuer = field(default_factory=lambda: Issuer("b.test"))

    def __post_init__(self) -> None:
        self.runner = ThreadRunner()
        self.client = ProviderClient(transport=self, runner=self.runner)

    async def send(self, request: HttpRequest, deadline: float) -> HttpResponse:
        parts = urlsplit(request.url)
        issuer = self.a if parts.hostname == self.a.host else self.b
        return issuer.answer("metadata" if "well-known" in parts.path else parts.path.strip("/"))

    async def close(self) -> None: ...

    def begin(self, provider: Provider) -> AuthorizationRequest:
        return self.runner.run(self.client.begin(provider, CALLBACK))

    def sign_in(self, issuer: Issuer, provider: Provider) -> Profile:
        begun = self.begin(provider)
        issuer.nonce = begun.memo["nonce"].reveal()

        async def repeats() -> bool:
            return True

        return self.runner.run(
            self.client.exchange(
                provider,
                PendingRequest(request_id=begun.request_id, callback_url=CALLBACK, memo=begun.memo),
                CallbackParameters(request_id=begun.request_id, query={"state": begun.request_id, "code": "c"}),
                is_repeat=False,
                may_repeat=repeats,
            )
        )


A, B = (oidc(name, issuer=f"https://{name}.test", client_id="c", client_secret=Secret("s")) for name in ("a", "b"))


@pytest.fixture
def world() -> World:
    return World()


def test_an_issuer_whose_clock_is_ahead(world: World) -> None:
    """As ours is behind: its Date says so, and its tokens are judged by it. Nothing is sent a second time."""
    world.a.clock = world.a.tokens = 2 * HOUR
    assert world.sign_in(world.a, A).subject == "7"
    assert world.a.journal == ["metadata", "keys", "token"]
    assert world.sign_in(world.a, A).subject == "7"


@pytest.mark.parametrize("off", [2 * HOUR, -2 * HOUR, 9_000_000.0])
def test_it_shifts_no_other_clock(world: World, off: float) -> None:
    """An issuer can say what it likes about its own tokens. What another issuer's may say stays as it is."""
    world.a.clock = world.a.tokens = off
    assert world.sign_in(world.a, A).subject == "7"
    world.b.tokens = off
    with pytest.raises(errors.ProviderReplyInvalid):
        world.sign_in(world.b, B)
    world.b.tokens = 0
    assert world.sign_in(world.b, B).subject == "7"


def test_a_clock_that_is_right_again(world: World) -> None:
    """A proxy that has sent one wrong Date locks nobody out for longer."""
    world.a.clock = world.a.tokens = -2 * HOUR
    assert world.sign_in(world.a, A).subject == "7"
    world.a.clock = world.a.tokens = 0
    assert world.sign_in(world.a, A).subject == "7"


@pytest.mark.parametrize("clock", [0, 2 * HOUR])
def test_a_code_that_is_refused_is_not_sent_again(world: World, clock: float) -> None:
    """Nothing in this token request has a time, so the clock is no reason."""
    world.a.status, world.a.clock = 400, clock
    with pytest.raises(errors.ProviderRefused):
        world.sign_in(world.a, A)
    assert world.a.journal == ["metadata", "keys", "token"]


def test_an_issuer_that_asks_to_wait_stops_its_own_starts_alone(world: World) -> None:
    world.a.status = 429
    with pytest.raises(errors.ProviderBusy):
        world.sign_in(world.a, A)
    with pytest.raises(errors.ProviderBusy):
        world.begin(A)
    assert world.sign_in(world.b, B).subject == "7"


class X:
    """X, whose clock is an hour ahead. It refuses nobody before two have asked with another time."""

    def __init__(self) -> None:
        self.both = asyncio.Barrier(2)
        self.asked = 0

    async def send(self, request: HttpRequest, deadline: float) -> HttpResponse:
        self.asked += 1
        now = time.time() + HOUR
        headers = {"date": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(now))}
        (stamp,) = re.findall(r'oauth_timestamp="(\d+)"', request.headers["Authorization"])
        if abs(int(stamp) - now) > 300:
            async with asyncio.timeout(10):
                await self.both.wait()
            refusal = {"errors": [{"code": 135, "message": "Timestamp out of bounds."}]}
            return HttpResponse(status=401, headers=headers, body=json.dumps(refusal).encode())
        granted = b"oauth_token=t&oauth_token_secret=s&oauth_callback_confirmed=true&user_id=7&screen_name=ada"
        return HttpResponse(status=200, headers=headers, body=granted)

    async def close(self) -> None: ...


@pytest.mark.parametrize("step", ["start", "exchange"])
def test_two_at_once_learn_of_a_clock_that_is_wrong(step: str) -> None:
    """Both were sent with the wrong time. Who is refused second finds the right one known, and is sent again, too."""
    provider = twitter(key="ck", secret=Secret("cs"))

    async def repeats() -> bool:
        return True

    async def both() -> list[object]:
        x = X()
        client = ProviderClient(transport=x, runner=LoopRunner())

        async def one() -> object:
            if step == "start":
                return (await client.begin(provider, CALLBACK)).request_id
            pending = PendingRequest(request_id="t", callback_url=CALLBACK, memo={"token_secret": Secret("s")})
            query = {"oauth_token": "t", "oauth_verifier": "v"}
            said = CallbackParameters(request_id="t", query=query)
            found = await client.exchange(provider, pending, said, is_repeat=False, may_repeat=repeats)
            return found.subject

        return [*await asyncio.gather(one(), one()), x.asked]

    assert asyncio.run(both()) == [*["t" if step == "start" else "7"] * 2, 4]
