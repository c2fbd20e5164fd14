"""What an app does with its accounts and their sessions: every verb, in its synchronous and its asynchronous form."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.postgresql import Server, postgresql  # noqa: F401  # fixture

from story.conftest import Story
from valetkey import AccountNotFound, Admin, AsyncAdmin
from valetkey.errors import SettingsError
from valetkey.sessions.accounts import Accounts, AsyncAccounts
from valetkey.sessions.open_sessions import AsyncSessions, Sessions
from valetkey.storage import migration, open_store

NOBODY = "nobody-has-this-id"


class Form:
    """``Admin`` and ``AsyncAdmin``, called in the same way."""

    def __init__(self, admin: Any, run: Callable[[Any], Any]) -> None:
        self.admin, self.run = admin, run

    def __call__(self, verb: str, *args: Any, **options: Any) -> Any:
        owner, _, name = verb.partition(".")
        answer = getattr(getattr(self.admin, owner), name)(*args, **options)
        return self.run(answer) if inspect.iscoroutine(answer) else answer

    def every_account(self) -> list[Any]:
        async def collected() -> list[Any]:
            return [one async for one in self.admin.accounts]

        return self.run(collected()) if isinstance(self.admin, AsyncAdmin) else [*self.admin.accounts]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Any) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/story.db"
    server: Server = request.getfixturevalue("postgresql")
    url = server.in_schema(server.new_schema())
    migration(url).apply()
    return url


@pytest.fixture
def runner_kind() -> str:
    """One kind serves: what is tested here has a form of its own."""
    return "thread"


@pytest.fixture
def node(make_story: Callable[..., Story], database: str) -> Story:
    """A process of the app, over that database."""
    if database.startswith("sqlite:"):
        return make_story()
    return make_story(store=lambda _: open_store(database, blocking=True))


@pytest.fixture(params=["sync", "async"])
def form(request: pytest.FixtureRequest, node: Story, database: str) -> Iterator[Form]:
    if request.param == "sync":
        with Admin(database) as admin:
            yield Form(admin, lambda answer: answer)
    else:
        with asyncio.Runner() as loop:
            admin = AsyncAdmin(database)
            yield Form(admin, loop.run)
            loop.run(admin.aclose())


def signed_in(node: Story, number: int = 1) -> Any:
    started = node.begin(chr(64 + number) * 22)
    node.provider.people[started.attempt.request_id] = str(1000 + number)
    return node.finish(started)


def refused_within_a_second(node: Story, token: str) -> bool:
    deadline = time.monotonic() + 1.2
    while node.recognise(token) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_get(node: Story, form: Form) -> None:
    account = signed_in(node).session.account
    assert form("accounts.get", account.id) == account


def test_list_goes_by_pages(node: Story, form: Form) -> None:
    ids = sorted(signed_in(node, number).session.account.id for number in (1, 2, 3))
    first = form("accounts.list", limit=2)
    assert [one.id for one in first] == ids[:2]
    assert [one.id for one in form("accounts.list", after=first[-1].id, limit=2)] == ids[2:]
    assert form("accounts.list", after=ids[-1]) == ()
    assert [one.id for one in form.every_account()] == ids


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_page_has_a_limit(form: Form, limit: int) -> None:
    with pytest.raises(ValueError, match="limit must be 1 to 1000"):
        form("accounts.list", limit=limit)


def test_disable_and_enable(node: Story, form: Form) -> None:
    session = signed_in(node)
    assert node.recognise(session.session_token) is not None
    for _ in range(2):
        form("accounts.disable", session.session.account.id)
    assert refused_within_a_second(node, session.session_token)
    assert signed_in(node).error.code == "account_disabled"
    form("accounts.enable", session.session.account.id)
    assert node.recognise(session.session_token) is None
    assert signed_in(node).session.account.id == session.session.account.id


def test_delete(node: Story, form: Form) -> None:
    session = signed_in(node)
    assert node.recognise(session.session_token) is not None
    form("accounts.delete", session.session.account.id)
    assert refused_within_a_second(node, session.session_token)
    with pytest.raises(AccountNotFound):
        form("accounts.get", session.session.account.id)
    assert signed_in(node).session.account.id != session.session.account.id


def test_export(node: Story, form: Form) -> None:
    account = signed_in(node).session.account
    kept = form("accounts.export", account.id)
    assert account.identities[0].subject in json.dumps(kept)


@pytest.mark.parametrize("verb", ["get", "disable", "enable", "delete", "export"])
def test_an_account_that_is_not_there(form: Form, verb: str) -> None:
    with pytest.raises(AccountNotFound) as raised:
        form(f"accounts.{verb}", NOBODY)
    assert (raised.value.code, raised.value.status) == ("account_not_found", 404)


def test_sessions(node: Story, form: Form) -> None:
    first, second, third = (signed_in(node) for _ in range(3))
    account_id = first.session.account.id
    ids = {one.session.id for one in (first, second, third)}
    assert {one.id for one in form("sessions.list", account_id)} == ids
    assert form("sessions.revoke", first.session.id) is True
    assert form("sessions.revoke", first.session.id) is False
    assert refused_within_a_second(node, first.session_token)
    assert {one.id for one in form("sessions.list", account_id)} == ids - {first.session.id}
    form("sessions.revoke_all", account_id, keep=third.session.id)
    assert refused_within_a_second(node, second.session_token)
    assert node.recognise(third.session_token) is not None
    form("sessions.revoke_all", account_id)
    assert refused_within_a_second(node, third.session_token)
    assert form("sessions.list", account_id) == ()


def test_the_session_of_another_account_stays(node: Story, form: Form) -> None:
    mine, theirs = signed_in(node, 1), signed_in(node, 2)
    assert form("sessions.revoke", theirs.session.id, account_id=mine.session.account.id) is False
    assert form("sessions.revoke", theirs.session.id, account_id=theirs.session.account.id) is True


def test_sessions_of_an_account_that_does_not_exist(form: Form) -> None:
    assert form("sessions.list", NOBODY) == ()
    assert form("sessions.revoke", NOBODY) is False
    form("sessions.revoke_all", NOBODY)


def test_in_the_apps_own_process_it_takes_effect_at_once(story: Story) -> None:
    for number, verb in enumerate(("disable", "delete", "revoke", "revoke_all"), 1):
        session = signed_in(story, number)
        assert story.recognise(session.session_token) is not None
        owner = story.accounts if hasattr(story.accounts, verb) else story.assembly.account_sessions
        story.run(getattr(owner, verb)(session.session.id if verb == "revoke" else session.session.account.id))
        assert story.recognise(session.session_token) is None, verb


@pytest.mark.parametrize(("plain", "asynchronous"), [(Accounts, AsyncAccounts), (Sessions, AsyncSessions)])
def test_the_two_forms_are_twins(plain: type, asynchronous: type) -> None:
    """The same verbs, parameters and documentation."""
    verbs = [name for name in vars(asynchronous) if not name.startswith("_")]
    assert verbs == [name for name in vars(plain) if not name.startswith("_")]
    for name in verbs:
        one, other = getattr(plain, name), getattr(asynchronous, name)
        assert inspect.signature(one) == inspect.signature(other)
        assert one.__doc__ == other.__doc__
        assert not inspect.iscoroutinefunction(one)
        assert inspect.iscoroutinefunction(other)


def test_from_the_environment(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    account = signed_in(story).session.account
    monkeypatch.setenv("VALETKEY_DATABASE", f"sqlite:///{story.database}")
    with Admin.from_env() as admin:
        assert admin.accounts.get(account.id) == account

    async def asked() -> Any:
        async with AsyncAdmin.from_env() as admin:
            return await admin.accounts.get(account.id)

    assert asyncio.run(asked()) == account
    monkeypatch.chdir(story.database.parent)
    monkeypatch.delenv("VALETKEY_DATABASE")
    with pytest.raises(SettingsError, match="file that does not exist"):
        Admin.from_env()
    assert "valetkey.db" not in os.listdir()
    migration("sqlite:///valetkey.db").apply()
    with Admin.from_env() as admin:
        assert admin.accounts.list() == ()


@pytest.mark.parametrize("kind", [Admin, AsyncAdmin])
def test_an_address_that_is_none(kind: Any) -> None:
    with pytest.raises(SettingsError, match="VALETKEY_DATABASE must be sqlite:"):
        kind("mysql://somewhere")
