"""The code of docs/email.md, called as a sign-in calls it: who is matched by an address, and who is not."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.written import blocks_of

from valetkey import Identity
from valetkey.providers.record.built_in import RECIPES

ROOT = Path(__file__).parents[2]
ADA = "ada@gmail.com"


@pytest.fixture
def app(tmp_path: Path) -> App:
    return App(tmp_path / "app.db")


class App:
    """An app with the page's tables and hook, and one user who has confirmed an address."""

    def __init__(self, path: Path) -> None:
        names: dict[str, Any] = {}
        exec(blocks_of("docs/email.md")["match"], names)
        names["DATABASE"] = str(path)
        self.path = path
        self.resolve: Callable[[Identity, str], None] = names["resolve_account"]
        with closing(sqlite3.connect(path)) as database:
            database.executescript(names["TABLES"])
        self.ada = self.register(ADA)

    def register(self, email: str, *, confirmed: bool = True) -> int:
        with closing(sqlite3.connect(self.path)) as database, database:
            sql = "INSERT INTO users (email, email_confirmed) VALUES (?, ?)"
            return int(database.execute(sql, (email, confirmed)).lastrowid or 0)

    def user_of(self, account_id: str) -> int:
        with closing(sqlite3.connect(self.path)) as database:
            sql = "SELECT user_id FROM sign_ins WHERE account_id = ?"
            ((user_id,),) = database.execute(sql, (account_id,)).fetchall()
            return int(user_id)

    def sign_in(
        self, provider: str = "google", email: str | None = ADA, verified: Any = True, account_id: str = "account"
    ) -> int:
        self.resolve(Identity(provider=provider, subject="1", email=email, email_verified=verified), account_id)
        return self.user_of(account_id)


def test_a_user_whose_provider_runs_the_mailbox_is_matched(app: App) -> None:
    assert app.sign_in() == app.ada
    colleague = app.register("bob@acme.example")
    assert app.sign_in("acme", "bob@acme.example", account_id="other") == colleague


@pytest.mark.parametrize(
    ("provider", "email", "verified"),
    [
        ("google", ADA, False),
        ("google", ADA, "false"),
        ("google", ADA, "true"),
        ("google", ADA, 1),
        ("google", None, True),
        ("google", "ADA@gmail.com", True),
        ("google", "eve@gmail.com", True),
        ("microsoft", ADA, True),
        ("microsoft", ADA, False),
        ("acme", ADA, True),
        ("twitter", ADA, True),
        ("facebook", ADA, False),
        ("unknown", ADA, True),
    ],
)
def test_nobody_else_is(app: App, provider: str, email: str | None, verified: Any) -> None:
    """Beside the control: the very address, verified, of the provider that runs its mailbox."""
    stranger = app.sign_in(provider, email, verified)
    assert stranger != app.ada
    assert app.sign_in(provider, email, verified) == stranger
    assert app.sign_in(account_id="control") == app.ada


def test_an_address_that_the_provider_does_not_host(app: App) -> None:
    """Google has verified it, once; the domain may have been sold since."""
    owner = app.register("ceo@sold.example")
    assert app.sign_in("google", "ceo@sold.example") != owner


def test_a_trap_with_an_address_that_is_not_confirmed(app: App) -> None:
    """Pre-hijacking: the attacker registers first, under the address of a user who has not come yet."""
    trap = app.register("victim@gmail.com", confirmed=False)
    assert app.sign_in(email="victim@gmail.com") != trap


def test_two_users_with_one_address(app: App) -> None:
    twin = app.register(ADA)
    assert app.sign_in() not in (app.ada, twin)


def test_a_known_account_keeps_its_user(app: App) -> None:
    """Whatever address it has later."""
    stranger = app.sign_in(email="eve@gmail.com", account_id="eve")
    assert app.sign_in(email=ADA, account_id="eve") == stranger


def test_twice_at_once_is_one_user(app: App) -> None:
    with ThreadPoolExecutor(4) as pool:
        users = set(pool.map(lambda _: app.sign_in(email="new@gmail.com"), range(8)))
    assert len(users) == 1


def test_every_provider_stands_in_the_table() -> None:
    page = (ROOT / "docs/email.md").read_text()
    named = {name.strip() for row in page.splitlines() if row.startswith("| ") for name in row.split("|")[1].split(",")}
    assert {recipe.title for recipe in RECIPES.values()} <= named
