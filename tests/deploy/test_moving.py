"""The code of docs/moving.md runs, and each block does what the page says."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.testclient import TestClient
from support.written import blocks_of

from valetkey import Account, Settings
from valetkey.frameworks.fastapi import SignIn
from valetkey.testing import Sandbox, signed_in

BLOCKS = blocks_of("docs/moving.md")


def test_every_block_is_run() -> None:
    assert set(BLOCKS) == {"resolve", "both", "signout"}


@pytest.fixture
def database(tmp_path: Path) -> Callable[[], Any]:
    @contextmanager
    def opened() -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(tmp_path / "app.db", isolation_level=None)
        yield connection
        connection.close()

    with opened() as db:
        db.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, twitter_id TEXT, account_id TEXT UNIQUE, handle TEXT)")
    return opened


def resolve(database: Callable[[], Any]) -> Callable[..., None]:
    names: dict[str, Any] = {"database": database}
    exec(BLOCKS["resolve"], names)
    found: Callable[..., None] = names["resolve_account"]
    return found


def client(sandbox: Sandbox, database: Callable[[], Any], old_tokens: dict[str, int], last_day: date) -> TestClient:
    sign_in = SignIn(sandbox.settings, resolve_account=resolve(database))

    def user_id_of_account(account_id: str) -> int:
        with database() as db:
            return int(db.execute("SELECT id FROM users WHERE account_id = ?", [account_id]).fetchone()[0])

    names: dict[str, Any] = {
        **{one.__name__: one for one in (Account, Depends, HTTPException, Request)},
        "Annotated": Annotated,
        "date": date,
        "sign_in": sign_in,
        "user_id_of_account": user_id_of_account,
        "user_id_of_old_token": old_tokens.get,
        "LAST_DAY_OF_OLD_TOKENS": last_day,
    }
    exec(BLOCKS["both"], names)
    app = FastAPI()
    app.include_router(sign_in.router)

    async def who(user_id: int) -> int:
        return user_id

    who.__annotations__["user_id"] = Annotated[int, Depends(names["current_user_id"])]
    app.get("/who")(who)
    return TestClient(app, sandbox.settings.public_origin)


def test_the_user_of_before(valetkey_sandbox: Sandbox, database: Callable[[], Any]) -> None:
    """The row of this subject gets the account, once. A handle that is the same makes nobody that user."""
    probe = client(valetkey_sandbox, database, {}, date.max)
    subject = signed_in(probe, "ada").identities[0].subject
    with database() as db:
        db.execute("DELETE FROM users")
        db.execute("INSERT INTO users VALUES (7, ?, NULL, 'an older handle'), (8, '1', NULL, 'bare')", [subject])
    visitor = client(valetkey_sandbox, database, {}, date.max)
    signed_in(visitor, "ada")
    assert visitor.get("/who").json() == 7
    signed_in(visitor, "ada")
    assert visitor.get("/who").json() == 7
    signed_in(visitor, "bare")
    assert visitor.get("/who").json() == 9
    with database() as db:
        assert db.execute("SELECT count(*) FROM users").fetchone() == (3,)


def test_tokens_of_before(valetkey_sandbox: Sandbox, database: Callable[[], Any]) -> None:
    """Both count until the last day; the session counts more; and a token of neither kind is refused."""
    visitor = client(valetkey_sandbox, database, {"old": 7}, date.max)
    assert visitor.get("/who").status_code == 401
    assert visitor.get("/who", headers={"Authorization": "Bearer old"}).json() == 7
    assert visitor.get("/who", headers={"Authorization": "Bearer other"}).status_code == 401
    signed_in(visitor, "ada")
    assert visitor.get("/who").json() == 1
    later = client(valetkey_sandbox, database, {"old": 7}, date.min)
    assert later.get("/who", headers={"Authorization": "Bearer old"}).status_code == 401


def test_a_sign_out_that_reaches_the_server(valetkey_sandbox: Sandbox, database: Callable[[], Any]) -> None:
    """Of a session: it is over. Of an old token: 204, and it counts as before."""
    assert 'fetch("/auth/session", { method: "DELETE"' in BLOCKS["signout"]
    environ = valetkey_sandbox.environment | {"VALETKEY_DELIVERY": "token"}
    settings = Settings.from_environment(environ)
    sign_in = SignIn(settings)
    app = FastAPI()
    app.include_router(sign_in.router)
    visitor = TestClient(app, settings.public_origin)
    signed_in(visitor, "ada")
    bearer = {"Authorization": visitor.headers["authorization"]}
    assert visitor.get("/auth/session", headers=bearer).json()["account"]["handle"] == "ada"
    assert visitor.delete("/auth/session", headers=bearer).status_code == 204
    assert visitor.get("/auth/session", headers=bearer).json()["account"] is None
    assert visitor.delete("/auth/session", headers={"Authorization": "Bearer old"}).status_code == 204
