"""Commands for the operator: accounts, the database's version, a secret.

They need no keys of a provider and no running server. They are part of ``valetkey`` and of each framework's own command
line (``flask valetkey``, ``litestar valetkey``, ``manage.py valetkey``).
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click

from ..errors import AccountNotFound, SettingsError, StoreError
from ..sessions.admin import Admin
from ..settings.environment import database_of
from ..storage import migration

_database = click.option(
    "--database", default=None, help="For example sqlite:///valetkey.db [default: VALETKEY_DATABASE]"
)
# One id in 64 begins with a dash. These commands have no short options, so a dash can only begin an id.
_IDS_WITH_A_DASH = {"ignore_unknown_options": True}
# The classes of Unicode's bidi controls.
_REORDERING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@click.group()
def accounts() -> None:
    """The accounts of the users who have signed in."""


@accounts.command("list")
@_database
def list_(database: str | None) -> None:
    """Print one account a line: id, name, identities."""
    with _admin(database) as admin:
        found = [*admin.accounts]
    for account in found:
        identities = ", ".join(f"{one.provider} {one.handle or one.subject}" for one in account.identities)
        click.echo(_escaped(f"{account.id}  {account.name or '-'}  {identities}"))


@accounts.command(context_settings=_IDS_WITH_A_DASH)
@click.argument("account_id")
@_database
def show(account_id: str, database: str | None) -> None:
    """Print everything that is stored about an account, as JSON. Its owner may ask for it."""
    with _admin(database) as admin:
        kept = admin.accounts.export(account_id)
    click.echo(_escaped(json.dumps(kept, indent=2, ensure_ascii=False)))


@accounts.command(context_settings=_IDS_WITH_A_DASH)
@click.argument("account_id")
@_database
def disable(account_id: str, database: str | None) -> None:
    """Refuse an account's sign-ins from now on, and end its sessions."""
    with _admin(database) as admin:
        admin.accounts.disable(account_id)
    click.echo("Disabled; its sessions are over within a second.")


@accounts.command(context_settings=_IDS_WITH_A_DASH)
@click.argument("account_id")
@_database
def enable(account_id: str, database: str | None) -> None:
    """Let a disabled account sign in again."""
    with _admin(database) as admin:
        admin.accounts.enable(account_id)
    click.echo("Enabled; it can sign in again. The sessions that were ended stay ended.")


@accounts.command(context_settings=_IDS_WITH_A_DASH)
@click.argument("account_id")
@_database
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(account_id: str, database: str | None, yes: bool) -> None:
    """Delete an account and everything that is stored about it, and end its sessions."""
    if not yes:
        click.confirm("This cannot be undone. Delete it?", abort=True, err=True)
    with _admin(database) as admin:
        admin.accounts.delete(account_id)
    click.echo("Deleted; its sessions are over within a second.")


@click.command()
def secret() -> None:
    """Make a value for VALETKEY_SECRET."""
    click.echo(secrets.token_urlsafe(32))


@click.command()
@_database
@click.option("--plan", "only", flag_value="plan", help="Print what would be done, and change nothing.")
@click.option("--sql", "only", flag_value="sql", help="Print the SQL that would be run, and change nothing.")
def migrate(database: str | None, only: str | None) -> None:
    """Bring the database to the version that this valetkey needs. For SQLite, the app does it at start."""
    try:
        found = migration(database or database_of(os.environ))
        if only == "sql":
            click.echo(found.sql, nl=False)
        elif found.found == found.known:
            click.echo(f"The database is at version {found.known}, which is the newest.")
        elif only == "plan":
            click.echo(f"The database is at version {found.found}. It would be brought to version {found.known}.")
        else:
            for version in found.apply():
                click.echo(f"Brought to version {version}.")
            click.echo(f"The database is at version {found.known}.")
    except (SettingsError, StoreError) as fault:
        stop(fault.hint)


@contextmanager
def _admin(database: str | None) -> Iterator[Admin]:
    """Open the database. An error ends the command, with a sentence."""
    try:
        with Admin(database) if database else Admin.from_env() as admin:
            yield admin
    except AccountNotFound:
        stop("there is no such account; valetkey accounts list shows them")
    except (SettingsError, StoreError) as fault:
        stop(fault.hint)


def _escaped(text: str) -> str:
    """Write as JSON does what would reorder the line, and what the terminal lacks. Names are users' own words.

    A name in Arabic, or an emoji of several characters, is printed as it is.
    """
    encoding = sys.stdout.encoding or "ascii"
    return "".join(
        json.dumps(char)[1:-1]
        if unicodedata.bidirectional(char) in _REORDERING or not char.encode(encoding, "ignore")
        else char
        for char in text
    )


def stop(sentence: str) -> NoReturn:
    """End the command with a sentence on standard error, and status 2."""
    click.echo(f"valetkey: {sentence}", err=True)
    raise SystemExit(2)
