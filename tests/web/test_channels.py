"""Django Channels: the user of a WebSocket, in this process, and at a daphne of its own."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support import django_site
from support.browser import Browser
from support.servers import Provider, free_port
from support.waiting import wait_for
from support.websocket import Handshake
from support.written import blocks_of

django_site.configure()

from asgiref.sync import async_to_sync  # noqa: E402
from channels.auth import AuthMiddlewareStack  # type: ignore[import-untyped]  # noqa: E402
from channels.testing import HttpCommunicator, WebsocketCommunicator  # type: ignore[import-untyped]  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import path  # noqa: E402
from frameworks.cells import Cell, CellApp  # noqa: E402

from valetkey.errors import StoreError  # noqa: E402
from valetkey.frameworks.django import accounts, conf, sessions  # noqa: E402
from valetkey.frameworks.django.channels import SignInMiddleware, session_of, sign_out  # noqa: E402
from valetkey.frameworks.django.models import SignInAccount  # noqa: E402
from valetkey.sessions.service import SessionService  # noqa: E402
from valetkey.testing import Sandbox, signed_in  # noqa: E402
from valetkey.web.guard import Guard  # noqa: E402

Settings = Any  # pytest-django's fixture
OURS, EVIL = "http://127.0.0.1:8000", "https://evil.test"


@pytest.fixture
def ada(valetkey_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, db: None) -> Iterator[Client]:
    conf.forget()
    for name, value in valetkey_sandbox.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("VALETKEY_DATABASE", f"sqlite:///{tmp_path}/valetkey.db")
    client = Client(HTTP_HOST="127.0.0.1:8000")
    signed_in(client, "ada")
    yield client
    conf.forget()
    cache.clear()


async def consumer(scope: Any, receive: Any, send: Any) -> None:
    """Says who it is at the handshake, and, to each message, who it is then."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": said(scope, scope["valetkey_session"])})
    while (await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": said(scope, await session_of(scope))})


def said(scope: Any, session: Any) -> str:
    return f"{scope['user'].username or 'nobody'} {session.account.handle if session else None}"


def cookies_of(client: Client) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


def plain(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


class Patient:
    """Waits for longer than a second, which no test here is about."""

    async def receive_output(self, timeout: float = 1) -> Any:
        return await super().receive_output(20)  # type: ignore[misc]

    async def wait(self, timeout: float = 1) -> None:
        await super().wait(20)  # type: ignore[misc]


class Socket(Patient, WebsocketCommunicator):  # type: ignore[misc]
    pass


class Request(Patient, HttpCommunicator):  # type: ignore[misc]
    pass


def open_as(application: Any, **headers: str) -> Any:
    return Socket(application, "/ws", headers=plain(headers))


def seen(application: Any, **headers: str) -> Any:
    """What the consumer says at the handshake; or the close code, where it was refused."""

    async def opened() -> Any:
        socket = open_as(application, **headers)
        accepted, code = await socket.connect()
        said = await socket.receive_from() if accepted else code
        await socket.disconnect()
        return said

    return async_to_sync(opened)()


def test_what_the_documentation_says(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conf, "uses_our_asgi", False)  # to be as it was afterwards
    routes = ModuleType("chat.routing")
    routes.__dict__["websocket_urlpatterns"] = [path("ws", consumer)]
    monkeypatch.setitem(sys.modules, "chat", ModuleType("chat"))
    monkeypatch.setitem(sys.modules, "chat.routing", routes)
    said: dict[str, Any] = {}
    exec(blocks_of("docs/django.md")["channels"], said)
    assert seen(said["application"], Origin=OURS, Cookie=cookies_of(ada)) == "ada ada"


PLAIN = SignInMiddleware(consumer)
STACK = AuthMiddlewareStack(SignInMiddleware(consumer))
AROUND = SignInMiddleware(AuthMiddlewareStack(consumer))
STACKS = pytest.mark.parametrize("application", [PLAIN, STACK, AROUND], ids=["alone", "in the stack", "around it"])


@STACKS
def test_who_it_is(ada: Client, application: Any) -> None:
    cookie, bearer = cookies_of(ada), f"Bearer {ada.cookies['valetkey-session'].value}"
    assert seen(application, Origin=OURS, Cookie=cookie) == "ada ada"
    assert seen(application, Authorization=bearer) == "ada ada"
    assert seen(application, Origin=EVIL, Authorization=bearer) == "ada ada"
    assert seen(application, Origin=OURS, Cookie=cookie, Authorization="Bearer null") == "ada ada"
    for nobody in ({}, {"Origin": EVIL}, {"Authorization": "Bearer x"}, {"Cookie": "valetkey-session=x.y.z"}):
        assert seen(application, **nobody) == "nobody None"


@STACKS
@pytest.mark.parametrize("origin", [EVIL, "http://127.0.0.1:8001", "null", None])
def test_a_foreign_origin(ada: Client, application: Any, origin: str | None, caplog: pytest.LogCaptureFixture) -> None:
    """Neither SameSite nor CORS keeps a page of another port from opening one. It is refused before the app knows."""
    headers = {"Cookie": cookies_of(ada)} | ({"Origin": origin} if origin else {})
    assert seen(application, **headers) == 4403


def test_beside_djangos_own_session(ada: Client) -> None:
    """Without a session of ours, the user is that of Django's session, where the stack has it. Ours beats it."""
    other = Client(HTTP_HOST="127.0.0.1:8000")
    other.force_login(User.objects.create_user("password"))
    theirs, ours = cookies_of(other), ada.cookies["valetkey-session"].value
    assert [seen(one, Origin=OURS, Cookie=theirs) for one in (STACK, AROUND)] == ["password None"] * 2
    both = f"{theirs}; valetkey-session={ours}"
    assert [seen(one, Origin=OURS, Cookie=both) for one in (STACK, AROUND)] == ["ada ada"] * 2


def test_a_user_who_is_inactive(ada: Client) -> None:
    User.objects.update(is_active=False)  # without a signal, so that the session lives
    assert seen(STACK, Origin=OURS, Cookie=cookies_of(ada)) == "nobody ada"
    accounts.disable(SignInAccount.objects.get().account_id)
    assert seen(STACK, Origin=OURS, Cookie=cookies_of(ada)) == "nobody None"


def test_a_session_that_ends_while_it_is_open(ada: Client) -> None:
    async def story() -> list[str]:
        socket = open_as(STACK, Origin=OURS, Cookie=cookies_of(ada))
        assert (await socket.connect())[0]
        heard = [await socket.receive_from()]
        for step in (lambda: None, lambda: sessions.revoke_all(account_id)):
            await asyncio.to_thread(step)
            await socket.send_to("?")
            heard.append(await socket.receive_from())
        await socket.disconnect()
        return heard

    account_id = SignInAccount.objects.get().account_id
    assert async_to_sync(story)() == ["ada ada", "ada ada", "ada None"]


def test_signing_out(ada: Client) -> None:
    async def leaving(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await sign_out(scope)
        await sign_out(scope)  # again, which is nothing
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": said(scope, scope["valetkey_session"])})

    cookie = cookies_of(ada)
    assert seen(SignInMiddleware(leaving), Origin=OURS, Cookie=cookie) == "nobody None"
    assert seen(PLAIN, Origin=OURS, Cookie=cookie) == "nobody None"


def test_a_database_that_is_away(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(self: SessionService, text: str | None) -> None:
        raise StoreError

    monkeypatch.setattr(SessionService, "recognise", away)
    monkeypatch.setattr(Guard, "recall", lambda *_: None)  # and it was not seen lately
    assert seen(PLAIN, Origin=OURS, Cookie=cookies_of(ada)) == 4503
    assert seen(PLAIN, Origin=OURS) == "nobody None"  # without credentials nothing is asked


def test_the_loop_goes_on(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that takes its time stops this handshake, and nothing else that the loop has to do."""
    may_go_on = threading.Event()
    recognise = SessionService.recognise

    async def story() -> str:
        loop = asyncio.get_running_loop()

        async def slow(self: SessionService, text: str | None) -> Any:
            loop.call_soon_threadsafe(may_go_on.set)  # for the loop itself to do
            assert may_go_on.wait(10)
            return await recognise(self, text)

        monkeypatch.setattr(SessionService, "recognise", slow)
        socket = open_as(PLAIN, Origin=OURS, Cookie=cookies_of(ada))
        assert (await socket.connect())[0]
        heard: str = await socket.receive_from()
        await socket.disconnect()
        return heard

    monkeypatch.setattr(Guard, "recall", lambda *_: None)  # and it was not seen lately
    assert async_to_sync(story)() == "ada ada"
    assert may_go_on.is_set()


def test_a_consumer_of_http(ada: Client) -> None:
    """Channels has them, too: the cookie of an unsafe method needs its origin, and the answer is JSON."""

    async def answers(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": said(scope, scope["valetkey_session"]).encode()})

    def ask(method: str, origin: str) -> tuple[int, bytes]:
        async def asked() -> Any:
            headers = plain({"Cookie": cookies_of(ada), "Origin": origin})
            return await Request(SignInMiddleware(answers), method, "/", headers=headers).get_response()

        answer = async_to_sync(asked)()
        return answer["status"], answer["body"]

    assert ask("POST", OURS) == ask("GET", EVIL) == (200, b"ada ada")
    status, body = ask("POST", EVIL)
    assert (status, b"foreign_origin" in body) == (403, True)


# A page in token delivery


@pytest.mark.parametrize("application", [PLAIN, STACK], ids=["alone", "in the stack"])
def test_a_ticket(ada: Client, settings: Settings, application: Any) -> None:
    """It counts once. The consumer may ask again, and a sign-out ends what it has opened."""
    settings.VALETKEY = {"DELIVERY": "token"}
    page = Client(HTTP_HOST="127.0.0.1:8000")
    signed_in(page, "ada")
    ticket = page.post("/auth/ticket").json()["ticket"]

    async def story() -> list[Any]:
        heard: list[Any] = []
        for _ in range(2):
            socket = Socket(application, "/ws", subprotocols=["valetkey", f"valetkey.ticket.{ticket}"])
            heard += [*await socket.connect(), await socket.receive_from()]
            for step in (lambda: None, lambda: sessions.revoke_all(account_id)):
                await asyncio.to_thread(step)
                await socket.send_to("?")
                heard.append(await socket.receive_from())
            await socket.disconnect()
        return heard

    account_id = SignInAccount.objects.get().account_id
    once = [True, "valetkey", "ada ada", "ada ada", "ada None"]
    assert async_to_sync(story)() == [*once, True, "valetkey", "nobody None", "nobody None", "nobody None"]
    # A client that does not offer our subprotocol must get none.
    assert async_to_sync(Socket(application, "/ws").connect)() == (True, None)


# daphne


@pytest.fixture(scope="module")
def served(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CellApp]:
    port = free_port()
    provider.serves(f"http://127.0.0.1:{port}/auth/twitter")
    migrated = ("-m", "django_app.migrated")
    command = (*migrated, "-m", "daphne", "-b", "127.0.0.1", "-p", "{port}", "django_app.live:application")
    cell = Cell(framework="django", server="daphne", command=command)
    app = CellApp(cell, provider, port, Path(tmp_path_factory.mktemp("daphne")))
    yield app
    app.stop()


@pytest.fixture
def talk(served: CellApp) -> Iterator[Callable[..., Handshake]]:
    opened: list[Handshake] = []

    def open_one(**headers: str) -> Handshake:
        opened.append(Handshake(served.base, "/ws", **headers))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def test_at_daphne(served: CellApp, provider: Provider, talk: Callable[..., Handshake]) -> None:
    base = served.base
    browser = Browser(base)
    assert browser.come_back(provider.approve(browser.begin().token, "ada")).status == 303
    cookie = {"Cookie": f"valetkey-session={browser.session_cookie}"}
    refused: list[dict[str, str]] = [{}, {"Origin": base}, {**cookie, "Origin": EVIL}, cookie]
    assert [talk(**headers).status for headers in refused] == [403] * 4
    server: Any = served.server
    wait_for(lambda: "foreign_origin" in server.log)
    assert browser.session_cookie not in server.log
    bearer = talk(Authorization=f"Bearer {browser.session_cookie}")
    page = talk(Origin=base, **cookie)
    assert (bearer.status, page.status) == (101, 101)
    assert page.says("hello") == bearer.says("hello") == "ada, ada: hello"
    assert page.says("leave") == ", nobody: leave"
    assert bearer.says("hello") == "ada, nobody: hello"
    assert talk(Origin=base, **cookie).status == 403
