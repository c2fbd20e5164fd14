"""The story without a network: the real core and the real store, under both runners, against a provider that is a
function. What it is sent is its journal; what it does next is its script."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from valetkey import Settings
from valetkey.crypto import Secret
from valetkey.crypto.keys import Keys
from valetkey.http_client import TransportError
from valetkey.http_client.runner import ThreadRunner
from valetkey.login.assembly import Assembly, assemble
from valetkey.login.attempt import Intent
from valetkey.login.collecting import LoginCollector
from valetkey.login.completion import Resolve
from valetkey.login.cookie_codec import LoginCookieCodec
from valetkey.login.linking import IdentityLinking
from valetkey.login.one_time_codes import OneTimeCodes
from valetkey.login.results import Client
from valetkey.login.service import LoginService
from valetkey.protocols.http import HttpRequest, HttpResponse
from valetkey.providers.record.provider import Provider
from valetkey.providers.twitter import twitter
from valetkey.sessions.accounts import AsyncAccounts
from valetkey.sessions.service import SessionService
from valetkey.storage import open_store
from valetkey.storage.base import Store

SECRETS = (Secret("4XChZgwAPbIvL8I07lvjGSr5qUDDiYGmWQEYhAYxFz6QqBRt"),)
CALLBACK = "http://127.0.0.1:8000/auth/twitter"
APP = "http://localhost:3000"  # where the app's pages are, when they are on another site

ISSUED = itertools.count(1)  # no token twice, whichever provider issued it

Step = Callable[[HttpRequest], HttpResponse]


@dataclass
class FunctionProvider:
    """A lenient provider: it grants whatever verifier comes. ``script`` overrides the next replies of an endpoint."""

    journal: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    script: dict[str, deque[Step | Exception]] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    clock_offset: float = 0.0

    def then(self, endpoint: str, *steps: Step | Exception) -> None:
        self.script.setdefault(endpoint, deque()).extend(steps)

    def calls(self, endpoint: str) -> list[dict[str, str]]:
        return [parameters for name, parameters in self.journal if name == endpoint]

    async def send(self, request: HttpRequest, deadline: float) -> HttpResponse:
        endpoint = request.url.partition("?")[0].rpartition("/")[2]
        header = request.headers["Authorization"]
        parameters = {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', header)}
        self.journal.append((endpoint, parameters))
        waiting = self.script.get(endpoint)
        if waiting:
            step = waiting.popleft()
            if isinstance(step, Exception):
                raise step
            return step(request)
        return self.granted(endpoint, parameters)

    def granted(self, endpoint: str, parameters: dict[str, str]) -> HttpResponse:
        if endpoint == "request_token":
            token = f"rt-{next(ISSUED)}"
            return self.reply(f"oauth_token={token}&oauth_token_secret=rs-{token}&oauth_callback_confirmed=true")
        user = self.people.get(parameters["oauth_token"], "1001")
        return self.reply(f"oauth_token={user}-at&oauth_token_secret=as&user_id={user}&screen_name=user{user}")

    def reply(self, body: str | bytes, status: int = 200, **headers: str) -> HttpResponse:
        when = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + self.clock_offset))
        raw = body.encode() if isinstance(body, str) else body
        return HttpResponse(status=status, headers={"date": when, **headers}, body=raw)

    async def close(self) -> None: ...


LOST = TransportError("no answer", maybe_sent=True)
UNSENT = TransportError("connection refused", maybe_sent=False)


@dataclass
class Story:
    """One node: its parts, its provider, and how to run it."""

    assembly: Assembly
    provider: FunctionProvider
    run: Callable[[Coroutine[Any, Any, Any]], Any]
    codec: LoginCookieCodec
    database: Path

    @property
    def login(self) -> LoginService:
        return self.assembly.login

    @property
    def collector(self) -> LoginCollector:
        return self.assembly.collector

    @property
    def one_time_codes(self) -> OneTimeCodes:
        return self.assembly.one_time_codes

    @property
    def linking(self) -> IdentityLinking:
        return self.assembly.linking

    @property
    def sessions(self) -> SessionService:
        return self.assembly.sessions

    @property
    def accounts(self) -> AsyncAccounts:
        return self.assembly.accounts

    @property
    def store(self) -> Any:
        return self.assembly.store

    @property
    def runner(self) -> Any:
        return self.assembly.runner

    def begin(self, login_id: str = "A" * 22, **fields: Any) -> Any:
        intent = Intent(id=login_id, provider="twitter", callback_url=CALLBACK, **fields)
        return self.run(self.login.begin(intent))

    def finish(self, started: Any, client: Client | None = None, **query: str) -> Any:
        return self.run(self.finishing(started, client, **query))

    def finishing(self, started: Any, client: Client | None = None, **query: str) -> Coroutine[Any, Any, Any]:
        sent = {"oauth_token": started.attempt.request_id, "oauth_verifier": "v", **query}
        return self.login.finish("twitter", sent, client or holding(started))

    def recognise(self, text: str | None) -> Any:
        return self.run(self.sessions.recognise(text))


def holding(*started: Any, session: Any = None) -> Client:
    """A browser with these logins' cookies."""
    return Client(logins={one.attempt.id: one.sealed for one in started}, session=session)


@pytest.fixture(params=["loop", "thread"])
def runner_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make_story(runner_kind: str, tmp_path: Path) -> Iterator[Callable[..., Story]]:
    """Nodes over one database; each call is another node."""
    blocking = runner_kind == "thread"
    loop = asyncio.Runner()
    database = tmp_path / "story.db"
    stories: list[Story] = []

    def make(
        provider: FunctionProvider | None = None,
        secrets: tuple[Secret, ...] = SECRETS,
        relayed: bool = False,
        resolve: Resolve | None = None,
        record: Callable[[Provider], Provider] = lambda x: x,
        store: Callable[[Store], Any] = lambda store: store,
        clock: Callable[[], float] | None = None,
        **settings: Any,
    ) -> Story:
        """``record`` and ``store`` change X's record and the database's store before the node is built of them."""
        relay = {"delivery": "token", "relay": f"{APP}/relay.html", "origins": (APP,)} if relayed else {}
        configured = Settings(
            callbacks={"twitter": (CALLBACK,)},
            secrets=secrets,
            providers=(record(twitter(key="sandbox-key", secret=Secret("sandbox-secret"), **settings)),),
            database=f"sqlite:///{database}",
            **relay,
        )
        provider = provider or FunctionProvider()
        assembly = assemble(
            configured,
            blocking=blocking,
            resolve_account=resolve,
            transport=provider,
            store=store(open_store(configured.database, blocking=blocking, idle_days=configured.idle_days)),
            clock=clock,
        )
        story = Story(
            assembly=assembly,
            provider=provider,
            run=ThreadRunner().run if blocking else loop.run,
            codec=LoginCookieCodec(Keys(secrets)),
            database=database,
        )
        stories.append(story)
        return story

    yield make
    for story in stories:
        story.run(story.assembly.close())
    loop.close()


@pytest.fixture
def story(make_story: Callable[..., Story]) -> Story:
    return make_story()
