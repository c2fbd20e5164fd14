"""What whoever looks after the app asks for and does: accounts, the database's version, a secret.

It needs no keys and no server, and stands in ``valetkey`` and in a framework's own command alike. What is ended here is
refused everywhere within a second.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

import click

from ..errors import SettingsError, StoreError
from ..http_client.runner import ThreadRunner
from ..models import Account
from ..settings.environment import database_of
from ..storage import migration, open_store
from ..storage.base import Store

Result = TypeVar("Result")

_database = click.option(
    "--database", default=None, help="For example sqlite:///valetkey.db [default: VALETKEY_DATABASE]"
)
_PAGE = 100
# One id in 64 begins with a dash. These commands have no short options, so that it can only be an id.
_IDS_WITH_A_DASH = {"ignore_unknown_options": True}


@click.group()
def accounts() -> None:
    """The people who have signed in."""


@accounts.command("list")
@_database
def list_(database: str | None) -> None:
    """One a line: id, name, identities."""

    async def every(store: Store) -> list[Account]:
        found: list[Account] = []
        while page := await store.list_accounts(found[-1].id if found else "", _PAGE):
            found += page
        return found

    for account in _asked(database, every):
        ties = ", ".join(f"{one.provider} {one.handle or one.subject}" for one in account.identities)
        click.echo(f"{account.id}  {account.name or '-'}  {ties}")


@accounts.command(context_settings=_IDS_WITH_A_DASH)
@click.argument("account_id")
@_database
def show(account_id: str, database: str | None) -> None:
    """Everything that is kept of one, as JSON: also for its owner to have."""
    kept = _asked(database, lambda store: store.export_account(account_id))
    if kept is None:
        _unknown()
    click.echo(json.dumps(kept, indent=2, ensure_ascii=False))


@accounts.command(context_settings=_IDS_WITH_A_DASH)
@click.argument("account_id")
@_database
def disable(account_id: str, database: str | None) -> None:
    """Refuse its sign-ins from now on, and end its sessions."""
    if not _asked(database, lambda store: store.disable_account(account_id)):
        _unknown()
    click.echo("Disabled; its sessions are over within a second.")


@accounts.command(context_settings=_IDS_WITH_A_DASH)
@click.argument("account_id")
@_database
def enable(account_id: str, database: str | None) -> None:
    """Let a disabled account sign in again."""
    if not _asked(database, lambda store: store.enable_account(account_id)):
        _unknown()
    click.echo("Enabled; it can sign in again. The sessions that were ended stay ended.")


@accounts.command(context_settings=_IDS_WITH_A_DASH)
@click.argument("account_id")
@_database
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(account_id: str, database: str | None, yes: bool) -> None:
    """Delete all of its rows, and end its sessions."""
    if not yes:
        click.confirm("This cannot be undone. Delete it?", abort=True, err=True)
    if not _asked(database, lambda store: store.delete_account(account_id)):
        _unknown()
    click.echo("Deleted; its sessions are over within a second.")


@click.command()
def secret() -> None:
    """Make a value for VALETKEY_SECRET."""
    click.echo(secrets.token_urlsafe(32))


@click.command()
@_database
@click.option("--plan", "only", flag_value="plan", help="Say what would be done, and do nothing.")
@click.option("--sql", "only", flag_value="sql", help="Print the SQL that would be run, and do nothing.")
def migrate(database: str | None, only: str | None) -> None:
    """Bring the database to this version. SQLite also comes to it by itself, at start."""
    try:
        found = migration(database or database_of(os.environ))
        if only == "sql":
            click.echo(found.sql, nl=False)
        elif found.found == found.known:
            click.echo(f"The database is at version {found.known}, as it is to be.")
        elif only == "plan":
            click.echo(f"The database is at version {found.found}. To be brought to version {found.known}.")
        else:
            for version in found.apply():
                click.echo(f"Brought to version {version}.")
            click.echo(f"The database is at version {found.known}.")
    except (SettingsError, StoreError) as fault:
        _stop(fault.hint)


def _asked(database: str | None, question: Callable[[Store], Coroutine[Any, Any, Result]]) -> Result:
    runner = ThreadRunner()
    try:
        store = open_store(database or database_of(os.environ), blocking=True)
        try:
            return runner.run(question(store))
        finally:
            runner.run(store.close())
    except (SettingsError, StoreError) as fault:
        _stop(fault.hint)


def _unknown() -> NoReturn:
    _stop("there is no such account; valetkey accounts list shows them")


def _stop(sentence: str) -> NoReturn:
    click.echo(f"valetkey: {sentence}", err=True)
    raise SystemExit(2)
