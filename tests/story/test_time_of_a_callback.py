"""How long a callback takes at most, by a clock of the test's own: a provider that needs all the time it gets.

docs/reliability.md promises ten seconds; one of them is for the store and the answer.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from support.jose import key, token

from valetkey.crypto import Secret
from valetkey.errors import ValetkeyError
from valetkey.http_client import TransportError
from valetkey.http_client.runner import ThreadRunner
from valetkey.login.exchange import FINISH_SECONDS, LostReply
from valetkey.login.provider_client import ProviderClient
from valetkey.models import Profile
from valetkey.protocols.base import CallbackParameters, PendingRequest
from valetkey.protocols.http import HttpRequest, HttpResponse
from valetkey.providers.record import oidc
from valetkey.providers.record.provider import Provider

ISSUER = "https://id.acme.test"
OLD, NEW = key("RS256", "old"), key("RS256", "new", 3)
ACME = oidc("acme", issuer=ISSUER, client_id="c", client_secret=Secret("s"))
PLACES = {".well-known/openid-configuration": "metadata", "keys": "keys", "token": "token", "userinfo": "userinfo"}


@dataclass
class Slow:
    """A provider. ``takes`` has the share of its time that each request takes; more than all of it is no answer."""

    pending: PendingRequest | None = None
    takes: dict[str, list[float]] = field(default_factory=dict)
    now: float = 1000.0
    journal: list[str] = field(default_factory=list)

    def tick(self) -> float:
        return self.now

    async def send(self, request: HttpRequest, deadline: float) -> HttpResponse:
        place = PLACES[request.url.removeprefix(f"{ISSUER}/")]
        self.journal.append(place)
        share = self.takes[place].pop(0) if self.takes.get(place) else 0.0
        left = deadline - self.now
        assert left > 0
        self.now += left * min(share, 1)
        if share > 1:
            raise TransportError("no answer", maybe_sent=True)
        return HttpResponse(status=200, headers={}, body=json.dumps(getattr(self, place)()).encode())

    async def close(self) -> None: ...

    def metadata(self) -> dict[str, object]:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        places = {name: f"{ISSUER}/{place}" for name, place in {**names, "userinfo_endpoint": "userinfo"}.items()}
        return {"issuer": ISSUER, **places}

    def keys(self) -> dict[str, object]:
        return {"keys": [(OLD if self.journal.count("keys") == 1 else NEW).jwk]}

    def token(self) -> dict[str, object]:
        assert self.pending is not None
        claims = {"iss": ISSUER, "aud": "c", "sub": "1001", "nonce": self.pending.memo["nonce"].reveal()}
        times = {"iat": int(time.time()), "exp": int(time.time()) + 300}
        signed = token({"alg": "RS256", "kid": "new"}, {**claims, **times}, NEW, "RS256")
        return {"access_token": "at", "token_type": "Bearer", "id_token": signed}

    def userinfo(self) -> dict[str, object]:
        return {"sub": "1001", "name": "Ada"}


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    provider = Slow()
    with monkeypatch.context() as patch:
        patch.setattr(time, "monotonic", provider.tick)
        yield provider


def come_back(slow: Slow, acme: Provider) -> object:
    """A callback at a node that knows nothing of the issuer yet; the login began at another one."""
    runner = ThreadRunner()
    begun = runner.run(ProviderClient(transport=slow, runner=runner).begin(acme, "https://app.test/auth/acme"))
    slow.pending = PendingRequest(
        request_id=begun.request_id, callback_url="https://app.test/auth/acme", memo=begun.memo
    )
    slow.now, slow.journal = 1000.0, []

    async def may_repeat() -> bool:
        return True

    query = {"state": begun.request_id, "code": "c-1"}
    finishing = ProviderClient(transport=slow, runner=runner).exchange(
        acme,
        slow.pending,
        CallbackParameters(request_id=begun.request_id, query=query),
        is_repeat=False,
        may_repeat=may_repeat,
    )
    try:
        return runner.run(finishing)
    except (ValetkeyError, LostReply) as failure:
        return failure


# The times of the start come first: it reads metadata and keys, too.
TAKES: dict[str, dict[str, list[float]]] = {
    "no time at all": {},
    "no profile": {"metadata": [0, 0.4], "keys": [0, 0.9, 0.9], "token": [2, 0.9], "userinfo": [2]},
    "no answer until the last moment": {"metadata": [0, 0.4], "keys": [0, 0.9, 0.99], "token": [2, 0.99]},
    "never the newer keys": {"metadata": [0, 0.4], "keys": [0, 0.9, 2], "token": [2, 0.99]},
    "never an exchange": {"keys": [0, 0.99], "token": [2, 2]},
}


@pytest.mark.parametrize("takes", TAKES.values(), ids=TAKES)
def test_it_keeps_within_its_time(slow: Slow, takes: dict[str, list[float]]) -> None:
    slow.takes = {place: list(shares) for place, shares in takes.items()}
    came_back = come_back(slow, ACME)
    assert slow.now - 1000 <= FINISH_SECONDS, (slow.journal, came_back)
    assert slow.journal[:3] == ["metadata", "keys", "token"]


def test_a_provider_that_answers(slow: Slow) -> None:
    """The control: everything that a callback can ask for, and a user at its end."""
    slow.takes = {"token": [2]}
    assert come_back(slow, ACME) == Profile(subject="1001", name="Ada")
    assert slow.journal == ["metadata", "keys", "token", "token", "keys", "userinfo"]
