"""Accounts and their identities.

An identity is a provider and the provider's immutable id, which is compared byte by byte, without a collation. A name,
a handle, a picture or an e-mail address never decides whose it is. Every verb that opens or ends an account's sessions
locks the account's row first, so that a login and a cut-off cannot miss each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any, NamedTuple

from ...crypto.randomness import random_id
from ...models import Account, Identity
from ..base import Authentication
from .sessions import identities_of
from .transaction import Again, Reading, Transaction, shown

_SAID = "handle, identities.name, identities.picture, email, email_verified"
_READ = f"""
    SELECT accounts.name, accounts.picture, provider, subject, {_SAID}
    FROM accounts LEFT JOIN identities ON account_id = id
    WHERE id = %(id)s ORDER BY tied_at, provider, subject
"""
# The account's row is locked, then the identity's: a login that waited while the identity was unlinked finds nothing.
# Each row has the account, the identity that was asked for, and one of the account's identities.
_LOCK_BY_IDENTITY = """
    SELECT accounts.id, disabled_at, accounts.name, accounts.picture, identities.handle, identities.name,
        identities.picture, identities.email, identities.email_verified, held.provider, held.subject, held.handle,
        held.name, held.picture, held.email, held.email_verified
    FROM identities JOIN accounts ON accounts.id = identities.account_id
    JOIN identities AS held ON held.account_id = accounts.id
    WHERE identities.provider = %(provider)s AND identities.subject = %(subject)s
    ORDER BY held.tied_at, held.provider, held.subject
    FOR UPDATE OF accounts, identities
"""
_LOCK_IDENTITY = f"""
    SELECT account_id, {_SAID} FROM identities
    WHERE provider = %(provider)s AND subject = %(subject)s FOR UPDATE
"""
_LOCK = "SELECT id, disabled_at, name, picture FROM accounts WHERE id = %(id)s FOR UPDATE"
_CREATE = "INSERT INTO accounts (id, name, picture, created_at) VALUES (%(id)s, %(name)s, %(picture)s, %(now)s)"
_LINK = """
    INSERT INTO identities (provider, subject, account_id, handle, name, picture, email, email_verified, tied_at)
    VALUES (
        %(provider)s, %(subject)s, %(id)s, %(handle)s, %(name)s, %(picture)s, %(email)s, %(email_verified)s, %(now)s
    )
    ON CONFLICT (provider, subject) DO NOTHING
"""
_REFRESH = "UPDATE accounts SET name = %(name)s, picture = %(picture)s WHERE id = %(id)s"
_REFRESH_IDENTITY = """
    UPDATE identities SET handle = %(handle)s, name = %(name)s, picture = %(picture)s, email = %(email)s,
        email_verified = %(email_verified)s
    WHERE provider = %(provider)s AND subject = %(subject)s
"""
# greatest(): if the clock was set back, the date of a change does not move back with it.
_CHANGED = """
    INSERT INTO account_changes (account_id, at) VALUES (%(id)s, %(now)s)
    ON CONFLICT (account_id) DO UPDATE SET at = greatest(account_changes.at, excluded.at)
"""
_LIST = f"""
    SELECT listed.id, listed.name, listed.picture, provider, subject, {_SAID}
    FROM (
        SELECT id, name, picture FROM accounts WHERE id > %(after)s ORDER BY id LIMIT %(limit)s
    ) AS listed LEFT JOIN identities ON account_id = listed.id
    ORDER BY listed.id, tied_at, provider, subject
"""


class Known(NamedTuple):
    """An account that a login has found or created, with its row locked, and its names and those of the identity.

    ``identities`` are all of the account. The identity that was asked for is as it is now. Another one that was linked
    or unlinked while this transaction waited for the lock may be missing, or still there.
    """

    id: str
    disabled_at: float | None = None
    name: str | None = None
    picture: str | None = None
    handle: str | None = None
    identity_name: str | None = None
    identity_picture: str | None = None
    email: str | None = None
    email_verified: bool = False
    is_new: bool = False
    identities: tuple[Identity, ...] = ()

    @property
    def account(self) -> Account:
        return Account(id=self.id, name=self.name, picture=self.picture, identities=self.identities)


# What a login needs


async def known_account(transaction: Transaction, provider: str, subject: str) -> Known | None:
    """The account of this identity, both rows locked."""
    values = {"provider": provider, "subject": transaction.subject(subject)}
    rows = await transaction.query(_LOCK_BY_IDENTITY, values)
    if not rows:
        return None
    return Known._make((*rows[0][:9], False, identities_of(row[9:] for row in rows)))


async def find_account(transaction: Transaction, account_id: str) -> Known | None:
    """The account of this id, its row locked, without the names of an identity."""
    rows = await transaction.query(_LOCK, {"id": account_id})
    return Known(*rows[0]) if rows else None


async def create_account(transaction: Transaction, who: Authentication) -> Known:
    """Create an account with this identity.

    Raises:
        Again: the identity has an account by now.
    """
    account_id, said = _new_id(), _said(transaction, who)
    await transaction.execute(_CREATE, {"id": account_id, **said})
    if not await link_identity(transaction, account_id, who):
        # Another first login of the same identity was quicker. The next attempt finds its account. The account that
        # was created here is rolled back.
        raise Again
    return Known(
        id=account_id, name=said["name"], picture=said["picture"], is_new=True, identities=(_identity(who, said),)
    )


def _new_id() -> str:
    """22 random characters. The first is no hyphen, or a command line would take the id for an option."""
    while (drawn := random_id()).startswith("-"):
        pass
    return drawn


async def link_identity(transaction: Transaction, account_id: str, who: Authentication) -> bool:
    """Link an identity to an account. False if it is linked already, to this account or another. If another transaction
    is linking it, this waits for the result."""
    return await transaction.execute(_LINK, {"id": account_id, **_said(transaction, who)}) == 1


async def holder_of(transaction: Transaction, who: Authentication) -> Known:
    """The account that has an identity which could not be linked, with the identity's names. The identity's row is
    locked. The account's is not, because it may be another user's."""
    values = {"provider": who.provider, "subject": transaction.subject(who.subject)}
    rows = await transaction.query(_LOCK_IDENTITY, values)
    if not rows:  # unlinked at this very moment
        raise Again
    ((account_id, handle, name, picture, email, verified),) = rows
    return Known(
        id=account_id,
        handle=handle,
        identity_name=name,
        identity_picture=picture,
        email=email,
        email_verified=verified,
    )


async def refresh_account(transaction: Transaction, known: Known, who: Authentication) -> Known:
    """Store the names that the provider gives now, and return the account with them. What it does not give stays, and
    what has not changed is not written. An e-mail address that it does not give stays, too, and is not verified any
    more."""
    said = _said(transaction, who)
    name, picture = _or(said["name"], known.name), _or(said["picture"], known.picture)
    before = {
        "handle": known.handle,
        "name": known.identity_name,
        "picture": known.identity_picture,
        "email": known.email,
        "email_verified": known.email_verified,
    }
    identity = {member: _or(said[member], kept) for member, kept in before.items()}
    if (name, picture) == (known.name, known.picture) and identity == before:
        return known
    if (name, picture) != (known.name, known.picture):
        await transaction.execute(_REFRESH, {"id": known.id, "name": name, "picture": picture})
    if identity != before:
        await transaction.execute(_REFRESH_IDENTITY, {**said, **identity})
    await note_change(transaction, known.id)
    identities = tuple(
        _identity(who, identity) if (one.provider, one.subject) == (who.provider, who.subject) else one
        for one in known.identities
    )
    return known._replace(name=name, picture=picture, identities=identities)


async def note_change(transaction: Transaction, account_id: str) -> None:
    """Put the account on the list of changed accounts, so that no process shows a cached copy of it."""
    await transaction.execute(_CHANGED, {"id": account_id})


# Reading


async def read_account(reading: Reading, account_id: str) -> Account | None:
    rows = await reading.look_up(_READ, {"id": account_id})
    if not rows:
        return None
    name, picture = rows[0][:2]
    return Account(id=account_id, name=name, picture=picture, identities=identities_of(row[2:] for row in rows))


async def list_accounts(reading: Reading, after: str, limit: int) -> tuple[Account, ...]:
    """Accounts in the order of their ids, by the database's order of text."""
    rows = await reading.look_up(_LIST, {"after": after, "limit": limit})
    return tuple(
        Account(id=id, name=name, picture=picture, identities=identities_of(row[3:] for row in its_rows))
        for (id, name, picture), its_rows in groupby(rows, key=lambda row: row[:3])
    )


def _said(transaction: Transaction, who: Authentication) -> dict[str, Any]:
    profile = who.profile
    return {
        "provider": who.provider,
        "subject": transaction.subject(profile.subject),
        "handle": shown(profile.preferred_username),
        "name": shown(profile.name),
        "picture": shown(profile.picture),
        "email": shown(profile.email),
        "email_verified": profile.email is not None and profile.email_verified is True,
    }


def _or(said: Any, known: Any) -> Any:
    return known if said is None else said


def _identity(who: Authentication, names: Mapping[str, Any]) -> Identity:
    return Identity(
        provider=who.provider,
        subject=who.subject,
        handle=names["handle"],
        name=names["name"],
        picture=names["picture"],
        email=names["email"],
        email_verified=bool(names["email_verified"]),
    )
