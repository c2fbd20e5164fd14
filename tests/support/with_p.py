"""Fixtures for attacks with P: an app of its own for each test, so that no key set and no outage outlives its test.

tests/attacks/conftest.py has them for every attack.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from .browser import Answer
from .hostile import Hostile, hostile
from .in_process import InProcess, Visitor, in_process
from .rows import SQLiteRows

NewApp: TypeAlias = Callable[..., InProcess]

_numbers = itertools.count(7_000_000)


def a_person(**claims: object) -> dict[str, object]:
    """Somebody whom nobody has signed in."""
    number = next(_numbers)
    return {
        "sub": str(number),
        "preferred_username": f"user{number}",
        "name": f"User {number}",
        "email": f"user{number}@example.com",
        "email_verified": True,
        **claims,
    }


def variables(p: Hostile, name: str = "acme", path: str | None = None) -> dict[str, str]:
    """An app's variables for an OpenID Connect provider ``name`` whose issuer is P's ``path``."""
    return {
        f"{name.upper()}_ISSUER": p.origin + (f"/{name}" if path is None else path),
        f"{name.upper()}_CLIENT_ID": p.client_id,
        f"{name.upper()}_CLIENT_SECRET": p.client_secret,
    }


def signs_in(app: InProcess, p: Hostile, provider: str = "acme", **claims: object) -> Visitor:
    """The control: an honest login, in a new profile. It must land, as the person that approved."""
    profile, who = app.browser(), a_person(**claims)
    begun = profile.begin_at(provider)
    assert begun.send_to, (begun.answer.code, begun.answer.text)
    answer = profile.return_from(p, begun, who)
    assert (answer.status, answer.code) == (303, None), answer.text
    assert profile.session_cookie, answer.headers
    identity = profile.account()["identities"][0]
    assert (identity["provider"], identity["handle"]) == (provider, who["preferred_username"])
    return profile


def refuses(
    app: InProcess,
    p: Hostile,
    provider: str = "acme",
    code: str | tuple[str, ...] = "provider_reply_invalid",
    calls: tuple[str, ...] = ("token",),
    or_calls: tuple[str, ...] | None = None,
    what: str = "",
    **claims: object,
) -> Answer:
    """A login that the user approves and that must sign nobody in: no session, no row but the login's own, its page
    learns why, and P was asked this much.

    Args:
        code: the error's code, or those that it may be.
        calls: the endpoints that were asked after the approval, in order; ``or_calls`` is as good.
        what: says which of several is tried.
        claims: changes to the person who approves.
    """
    profile, before = app.browser(), app.all_rows()
    begun = profile.begin_at(provider)
    assert begun.send_to, (begun.answer.code, begun.answer.text)
    p.forget()
    answer = profile.return_from(p, begun, a_person(**claims))
    codes = (code,) if isinstance(code, str) else code
    assert answer.code in codes, (what, answer.code, answer.text)
    assert profile.collect(begun.login).json()["login"]["error"]["code"] == answer.code
    stays_out(profile)
    assert without_claims(app) == {**before, "login_claims": 0}
    assert tuple(one.endpoint for one in p.calls()) in (calls, or_calls)
    return answer


def stays_out(profile: Visitor) -> None:
    assert profile.session_cookie is None
    assert profile.account() is None


def without_claims(app: InProcess) -> dict[str, int]:
    """Its rows. A login that fails leaves a claim, which says how it ended."""
    return {**app.all_rows(), "login_claims": 0}


@pytest.fixture(scope="session")
def running_p() -> Iterator[Hostile]:
    with hostile() as one:
        yield one


@pytest.fixture
def p(running_p: Hostile) -> Iterator[Hostile]:
    """As it was at its start: lenient and honest."""
    running_p.reset()
    yield running_p
    assert running_p.failures == []


@pytest.fixture
def other_p() -> Iterator[Hostile]:
    """A second one, with keys of its own."""
    with hostile() as one:
        yield one
        assert one.failures == []


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables. Making them takes ten times as long as the rest of an app's start."""
    path = tmp_path_factory.mktemp("empty") / "app.db"
    SQLiteRows(path)
    return path


@pytest.fixture
def new_app(tmp_path: Path, empty_database: Path) -> Iterator[NewApp]:
    """Starts an app with a database of its own, which is empty."""
    with ExitStack() as stack:
        numbers = itertools.count()

        def make(providers: tuple[Any, ...] = (), **env: str) -> InProcess:
            path = shutil.copy(empty_database, tmp_path / f"{next(numbers)}.db")
            return stack.enter_context(in_process(path, providers, **env))

        yield make


@pytest.fixture
def app_with_p(new_app: NewApp, p: Hostile) -> InProcess:
    """An app with ``acme``, a plain OpenID Connect provider, and ``github``, one of OAuth 2.0 alone; both are P."""
    github = {"GITHUB_CLIENT_ID": p.client_id, "GITHUB_CLIENT_SECRET": p.client_secret}
    return new_app(
        VALETKEY_PROVIDERS="acme,github", VALETKEY_GITHUB_BASE=f"{p.origin}/github", **variables(p), **github
    )
