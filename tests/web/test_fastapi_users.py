"""FastAPI beside a table of users: the example as it stands, by SQLModel, and the same by SQLAlchemy's async engine."""

from __future__ import annotations

import importlib.util
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.async_users import create_app
from support.browser import Answer, Browser
from support.postgresql import Server, postgresql  # noqa: F401  # fixture
from support.servers import SECRET, Provider, free_port
from support.uvicorns import serving

from valetkey import Settings

EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True, kw_only=True)
class World:
    """An app that is being served, and its own table, asked behind its back."""

    base: str
    table: str
    query: Callable[[str], list[tuple[Any, ...]]]
    provider: Provider

    def sign_in(self, **who: str) -> tuple[Browser, Answer]:
        browser = Browser(self.base)
        return browser, browser.come_back(self.provider.approve(browser.begin().token, **who))

    def users_of(self, browser: Browser) -> int:
        account = browser.account()["id"]
        return len(self.query(f"SELECT 1 FROM {self.table} WHERE account_id = '{account}'"))


@pytest.fixture(scope="module")
def environment(port: int, provider: Provider) -> dict[str, str]:
    return {
        "TWITTER_CONSUMER_KEY": provider.key,
        "TWITTER_CONSUMER_SECRET": provider.secret,
        "TWITTER_CALLBACK_URL": f"http://127.0.0.1:{port}/auth/twitter",
        "VALETKEY_SECRET": SECRET,
        "VALETKEY_TWITTER_API": provider.origin,
        "VALETKEY_TWITTER_BROWSER": provider.origin,
    }


@pytest.fixture(scope="module")
def example(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    directory = tmp_path_factory.mktemp("example")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(EXAMPLES)
        patch.setenv("VALETKEY_DATABASE", f"sqlite:///{directory}/valetkey.db")
        patch.setenv("EXAMPLE_DATABASE", f"sqlite:///{directory}/users.db")
        for name, value in environment.items():
            patch.setenv(name, value)
        spec = importlib.util.spec_from_file_location("example", EXAMPLES / "fastapi-users-table" / "app.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    yield module
    module.engine.dispose()


@pytest.fixture(scope="module")
def by_sqlmodel(example: ModuleType, port: int, provider: Provider) -> Iterator[World]:
    def query(sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(example.engine.url.database, timeout=10)) as connection, connection:
            return connection.execute(sql).fetchall()

    with serving(example.app, port) as base:
        yield World(base=base, query=query, provider=provider, table='"user"')


@pytest.fixture(scope="module")
def by_async_sqlalchemy(
    environment: dict[str, str], postgresql: Server, provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    port = free_port()
    callback = f"http://127.0.0.1:{port}/auth/twitter"
    provider.serves(callback)
    schema = postgresql.new_schema()
    database = f"sqlite:///{tmp_path_factory.mktemp('async')}/valetkey.db"
    settings = Settings.from_environment(
        {**environment, "TWITTER_CALLBACK_URL": callback, "VALETKEY_DATABASE": database}
    )
    app = create_app(settings, postgresql.in_schema(schema).replace("postgresql:", "postgresql+psycopg:"))
    with serving(app, port) as base:
        yield World(base=base, query=lambda sql: postgresql.query(sql, schema), provider=provider, table="users")


WORLDS = ["by_sqlmodel", "by_async_sqlalchemy"]


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    found: World = request.getfixturevalue(request.param)
    return found


def test_the_same_person_twice_is_one_user(world: World) -> None:
    first, _ = world.sign_in(user_id="7001", screen_name="ann")
    again, _ = world.sign_in(user_id="7001", screen_name="ann_renamed")
    other, _ = world.sign_in(user_id="7002", screen_name="bea")
    assert first.me().json()["handle"] == "ann"
    assert again.me().json()["id"] == first.me().json()["id"]
    assert other.me().json()["id"] != first.me().json()["id"]
    assert world.users_of(again) == 1
    assert Browser(world.base).me().status == 401


def test_two_first_sign_ins_at_once_are_one_user(world: World) -> None:
    for number in range(8):
        browsers = [Browser(world.base) for _ in range(4)]
        who = {"user_id": str(7100 + number), "screen_name": f"twin{number}"}
        callbacks = [world.provider.approve(browser.begin().token, **who) for browser in browsers]
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(Browser.come_back, browsers, callbacks))
        assert [answer.status for answer in answers] == [303] * 4
        assert len({browser.me().json()["id"] for browser in browsers}) == 1
        assert world.users_of(browsers[0]) == 1


def test_both_may_have_looked_before_either_writes(
    by_sqlmodel: World, example: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is rare is forced here: each finds nobody, and waits for the other to find nobody."""
    both_found_nobody = threading.Barrier(2)
    waited: list[int] = []
    find = example.find

    def finds_slowly(db: Any, account_id: str) -> Any:
        found = find(db, account_id)
        if found is None:
            waited.append(both_found_nobody.wait(10))
        return found

    monkeypatch.setattr(example, "find", finds_slowly)
    browsers = [Browser(by_sqlmodel.base), Browser(by_sqlmodel.base)]
    who = {"user_id": "7200", "screen_name": "twin"}
    callbacks = [by_sqlmodel.provider.approve(browser.begin().token, **who) for browser in browsers]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(Browser.come_back, browsers, callbacks))
    assert sorted(waited) == [0, 1]
    assert [answer.status for answer in answers] == [303, 303]
    assert by_sqlmodel.users_of(browsers[0]) == 1
    assert browsers[0].me().json()["id"] == browsers[1].me().json()["id"]


def test_who_is_refused_is_told_so(world: World) -> None:
    person = {"user_id": "7300", "screen_name": "mal"}
    before, _ = world.sign_in(**person)
    assert before.me().status == 200
    world.query(f"UPDATE {world.table} SET is_banned = true WHERE handle = 'mal'")
    after, answer = world.sign_in(**person)
    assert answer.code == "banned"
    page = after.visit(answer.header("location") or "")
    assert page.status == 403
    assert "You have been banned here." in page.text
    assert after.session_cookie is None


def test_what_the_app_raises_is_the_apps(
    by_sqlmodel: World, example: ModuleType, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody is signed in by half, the log has the traceback, and the next sign-in makes it good."""

    def fails(db: Any, account_id: str) -> Any:
        raise RuntimeError("the table is on fire")

    person = {"user_id": "7400", "screen_name": "cy"}
    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR, "valetkey"):
        patch.setattr(example, "find", fails)
        browser, answer = by_sqlmodel.sign_in(**person)
    assert answer.code == "app_failed"
    assert browser.session_cookie is None
    assert "the table is on fire" in caplog.text
    page = browser.visit(answer.header("location") or "")
    assert page.status == 500
    assert "on fire" not in page.text
    again, landed = by_sqlmodel.sign_in(**person)
    assert landed.status == 303
    assert again.me().json()["handle"] == "cy"


def test_a_user_who_was_deleted_is_nobody_until_the_next_sign_in(world: World) -> None:
    browser, _ = world.sign_in(user_id="7500", screen_name="del")
    world.query(f"DELETE FROM {world.table} WHERE handle = 'del'")
    assert browser.me().status == 401
    again, _ = world.sign_in(user_id="7500", screen_name="del")
    assert again.me().json()["handle"] == "del"
