"""C37: a ticket opens one WebSocket of its own session, once, within thirty seconds, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, WebSocket
from litestar import Litestar, websocket
from litestar.connection import WebSocket as LitestarSocket
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from support.in_process import InProcess

from valetkey import Settings
from valetkey.errors import ForeignOrigin, WrongHost
from valetkey.frameworks import fastapi, litestar, starlette
from valetkey.testing import Sandbox, signed_in
from valetkey.web.records.redaction import Redactor

ORIGIN = {"origin": "http://127.0.0.1:8000"}


def of_starlette(settings: Settings) -> tuple[Any, Any]:
    sign_in = starlette.SignIn(settings)

    async def ws(socket: WebSocket) -> None:
        seen = [await sign_in.session_of(socket) for _ in range(2)]  # asked twice, redeemed once
        assert seen[0] == seen[1]
        await socket.accept(subprotocol=sign_in.subprotocol_of(socket))
        await socket.send_text(str(seen[0].account.handle if seen[0] else None))
        await socket.close()

    return Starlette(routes=[*sign_in.routes, WebSocketRoute("/ws", ws)], lifespan=sign_in.lifespan), sign_in


def of_fastapi(settings: Settings) -> tuple[Any, Any]:
    from fastapi import Depends

    sign_in, app = fastapi.SignIn(settings), FastAPI()
    app.include_router(sign_in.router)

    async def ws(socket: WebSocket, session: Any = None, account: Any = None) -> None:
        assert (session and session.account) == account
        await socket.accept(subprotocol=sign_in.subprotocol_of(socket))
        await socket.send_text(str(account.handle if account else None))
        await socket.close()

    ws.__defaults__ = (Depends(sign_in.optional_session), Depends(sign_in.optional_account))
    ws.__annotations__ |= {"socket": WebSocket, "session": Any, "account": Any}
    app.add_api_websocket_route("/ws", ws)
    return app, sign_in


def of_litestar(settings: Settings) -> tuple[Any, Any]:
    sign_in = litestar.SignIn(settings)

    @websocket("/ws")
    async def ws(socket: LitestarSocket[Any, Any, Any]) -> None:
        account = await sign_in.optional_account(socket.scope)
        await socket.accept(subprotocols=sign_in.subprotocol_of(socket))
        await socket.send_text(str(account.handle if account else None))
        await socket.close()

    return Litestar([ws], plugins=[sign_in]), sign_in


APPS: dict[str, Callable[[Settings], tuple[Any, Any]]] = {
    "starlette": of_starlette,
    "fastapi": of_fastapi,
    "litestar": of_litestar,
}


class Node:
    """One process of an app in token delivery: a client without credentials, and one for each user."""

    def __init__(self, made: tuple[Any, Any], stack: ExitStack) -> None:
        self.app, self.sign_in = made
        self.client = stack.enter_context(TestClient(self.app, base_url=ORIGIN["origin"]))

    def token_of(self, handle: str) -> str:
        client = TestClient(self.app, base_url=ORIGIN["origin"])
        client.portal = self.client.portal
        signed_in(client, handle)
        return str(client.headers["authorization"])

    def ticket_of(self, token: str) -> str:
        answer = self.client.post("/auth/ticket", headers={"authorization": token})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["expires_in"] == 30
        assert body["account"]["handle"]
        return str(body["ticket"])

    def opens(self, ticket: str | None, *more: str, **headers: str) -> tuple[str, str | None]:
        """Who it is, and the subprotocol that the server chose."""
        offered = ["valetkey", *([f"valetkey.ticket.{ticket}"] if ticket is not None else []), *more]
        with self.client.websocket_connect("/ws", subprotocols=offered, headers=headers) as socket:
            return socket.receive_text(), socket.accepted_subprotocol


@pytest.fixture(params=APPS)
def new_node(
    request: pytest.FixtureRequest, valetkey_sandbox: Sandbox, tmp_path: Path
) -> Iterator[Callable[..., Node]]:
    with ExitStack() as stack:

        def make(**env: str) -> Node:
            more = {"VALETKEY_DATABASE": f"sqlite:///{tmp_path}/valetkey.db", "VALETKEY_DELIVERY": "token", **env}
            settings = Settings.from_environment({**valetkey_sandbox.environment, **more})
            return Node(APPS[request.param](settings), stack)

        yield make


NOBODY = ("None", "valetkey")


def test_the_control_and_a_replay(new_node: Callable[..., Node]) -> None:
    """Once, on whichever node; and its user is its own, beside another user's."""
    one, other = new_node(), new_node()
    ada, bare = one.token_of("ada"), one.token_of("bare")
    ticket, second = one.ticket_of(ada), one.ticket_of(bare)
    assert other.opens(ticket) == ("ada", "valetkey")
    for node in (one, other):
        assert node.opens(ticket) == NOBODY
    assert one.opens(second) == ("bare", "valetkey")
    # From any page, as a bearer token: the page that has it may be on another site.
    assert one.opens(one.ticket_of(ada), origin="https://elsewhere.test")[0] == "ada"
    # A bearer token in the header comes first, as everywhere, and the ticket stays unused.
    third = one.ticket_of(ada)
    assert one.opens(third, authorization=bare)[0] == "bare"
    assert one.opens(third)[0] == "ada"


def test_a_replay_after_the_lease_of_its_claim(new_node: Callable[..., Node]) -> None:
    node = new_node()
    ticket = node.ticket_of(node.token_of("ada"))
    assert node.opens(ticket)[0] == "ada"
    database = Path(node.sign_in.settings.database.removeprefix("sqlite:///"))
    for _ in range(3):
        rows = InProcess.query(_At(database), "UPDATE login_claims SET leased_until = leased_until - 20 RETURNING key")
        assert rows
        assert node.opens(ticket) == NOBODY


class _At:
    """What ``InProcess.query`` needs."""

    def __init__(self, database: Path) -> None:
        self.database = database


def test_many_at_once(new_node: Callable[..., Node]) -> None:
    node = new_node()
    ticket = node.ticket_of(node.token_of("ada"))

    async def all_of_them() -> int:
        redeem = node.sign_in.endpoints.assembly.tickets.redeem
        return sum(found is not None for found in await asyncio.gather(*(redeem(ticket) for _ in range(20))))

    assert node.client.portal is not None
    assert node.client.portal.call(all_of_them) == 1


def test_one_that_is_too_old(new_node: Callable[..., Node], monkeypatch: pytest.MonkeyPatch) -> None:
    """By the database's clock, which all nodes share."""
    node = new_node()
    token = node.token_of("ada")
    store = node.sign_in.endpoints.assembly.store
    read, late = store.read_session, 0.0

    async def read_late(session_id: str) -> Any:
        row = await read(session_id)
        return replace(row, read_at=row.read_at + late)

    monkeypatch.setattr(store, "read_session", read_late)
    for late, expected in ((29.0, "ada"), (31.0, "None"), (-5.0, "None")):
        ticket, seconds = node.ticket_of(token), late
        late = 0.0
        ticket = node.ticket_of(token)
        late = seconds
        assert node.opens(ticket)[0] == expected
        late = 0.0


def test_one_of_a_session_that_is_over(new_node: Callable[..., Node]) -> None:
    node = new_node()
    token = node.token_of("ada")
    ticket = node.ticket_of(token)
    assert node.client.delete("/auth/session", headers={"authorization": token}).status_code == 204
    assert node.client.portal is not None
    assert node.client.portal.call(node.sign_in.endpoints.assembly.tickets.redeem, ticket) is None
    assert node.opens(ticket) == NOBODY
    assert node.client.post("/auth/ticket", headers={"authorization": token}).status_code == 401


def test_what_is_no_ticket(new_node: Callable[..., Node]) -> None:
    """Nobody is signed in: not by a token in its place, by a ticket that was altered, or by two of them."""
    node = new_node()
    token = node.token_of("ada")
    first, second = node.ticket_of(token), node.ticket_of(token)
    bearer = token.removeprefix("Bearer ")
    for wrong in ("", "x", bearer, first[:-2], first.swapcase(), first * 3, f"{first}=", f"x{first}"):
        assert node.opens(wrong) == NOBODY
    assert node.opens(first, f"valetkey.ticket.{second}") == NOBODY
    assert node.opens(None, first) == NOBODY
    assert node.opens(first)[0] == "ada"  # the control: none of this has used it


def test_it_is_no_bearer_token(new_node: Callable[..., Node]) -> None:
    node = new_node()
    ticket = node.ticket_of(node.token_of("ada"))
    for headers in ({"authorization": f"Bearer {ticket}"}, {"sec-websocket-protocol": f"valetkey.ticket.{ticket}"}):
        assert node.client.get("/auth/session", headers=headers).json() == {"account": None}
        assert node.client.post("/auth/ticket", headers=headers).status_code == 401
    assert node.client.get(f"/auth/session?ticket={ticket}").json() == {"account": None}
    assert node.opens(None, authorization=f"Bearer {ticket}") == NOBODY
    assert node.opens(ticket)[0] == "ada"


def test_in_cookie_delivery(new_node: Callable[..., Node]) -> None:
    """There is none, for a cookie or for its token as a bearer. One of before the change of the setting is not looked
    at, and the cookie needs its origin."""
    tokens, cookies = new_node(), new_node(VALETKEY_DELIVERY="cookie")
    ticket = tokens.ticket_of(tokens.token_of("ada"))
    signed_in(cookies.client, "bare")
    bearer = {"authorization": f"Bearer {cookies.client.cookies['valetkey-session']}"}
    for headers in ({}, bearer, ORIGIN):
        answer = cookies.client.post("/auth/ticket", headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")
    cookie = {"cookie": f"valetkey-session={cookies.client.cookies['valetkey-session']}"}
    assert cookies.opens(ticket, **ORIGIN, **cookie)[0] == "bare"
    with pytest.raises((WebSocketDisconnect, ForeignOrigin, WrongHost)):
        cookies.opens(ticket, origin="https://evil.test", **cookie)
    assert cookies.opens(ticket) == NOBODY
    # The other way round: in token delivery a cookie is left over, and no ticket that is wrong falls back to it.
    assert tokens.opens("x", **ORIGIN, **cookie) == NOBODY
    assert tokens.opens(None, **ORIGIN, **cookie) == NOBODY


def test_it_is_in_no_log(new_node: Callable[..., Node], caplog: pytest.LogCaptureFixture) -> None:
    node = new_node()
    caplog.set_level("DEBUG")
    ticket = node.ticket_of(node.token_of("ada"))
    node.opens(ticket)
    node.opens(ticket)
    own = [record.getMessage() for record in caplog.records if record.name.startswith("valetkey")]
    assert not [line for line in own if ticket in line]
    # What a tool records of the handshake is taken out, as a token is.
    header = f"'sec-websocket-protocol': 'valetkey, valetkey.ticket.{ticket}'"
    recorded = Redactor(frozenset({"/auth"}), frozenset({"valetkey"})).text(header)
    assert recorded == "'sec-websocket-protocol': 'valetkey, valetkey.ticket.[Filtered]'"
