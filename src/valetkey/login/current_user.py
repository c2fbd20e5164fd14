"""The app's user who is signed in otherwise, such as by a password, for a ``resolve_account`` that connects identities.

How this works:

- A ``resolve_account`` with a parameter ``current_user`` is passed the user whom the app itself has signed in. It can
  connect the new identity to that user instead of making another one. The framework's adapter finds the user.
- Nobody else's identity may be connected so: not on a shared machine, not by a planted cookie or a forced callback. So
  the user counts only if the same one is signed in when the login begins and when it comes back, in one browser. The
  start seals a digest of the user's key in the login's cookie, and the callback compares it with the user whom it
  finds. If they differ, or if there is none, ``current_user`` is None, and the login is an ordinary one.
- Beside a live session of valetkey there is no current user. There, an identity is linked to the account (``linking``).
"""

from __future__ import annotations

import hashlib
import inspect
import logging
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID

from ..crypto import constant_time_equals
from ..errors import AppFailed, SettingsError, ValetkeyError
from ..http_client.runner import Runner

_PARAMETER = "current_user"

log = logging.getLogger("valetkey")


@dataclass(frozen=True, slots=True)
class AppUser:
    """A user of the app.

    Attributes:
        user: what ``resolve_account`` is passed.
        key: the user's key in the app, as text. It is the same whenever this user is signed in, and no other user's.
    """

    user: object = field(repr=False)
    key: str = field(repr=False)


FindUser: TypeAlias = Callable[[], Awaitable[AppUser | None]]
"""Finds the user whom the app has signed in by other means in the browser of a request. None if there is none."""


def user_by_id(user_id: object) -> AppUser | None:
    """The user whose id an app's ``current_user`` function has returned.

    Args:
        user_id: a text, a number or a UUID. None or an empty text: no user is signed in.

    Raises:
        TypeError: it is something else, such as a model, whose equality says nothing.
    """
    if user_id is None or user_id == "":
        return None
    if isinstance(user_id, bool) or not isinstance(user_id, (str, int, UUID)):
        raise TypeError(f"current_user returned {type(user_id).__name__}; it must return the user's id, or None")
    return AppUser(user_id, str(user_id))


def finder(function: Callable[..., object], runner: Runner, *arguments: object) -> FindUser:
    """Turn an app's ``current_user`` function into what the core calls.

    Args:
        function: returns the id of the user, or None. In an event loop it may be ``async``.
        runner: runs it.
        arguments: what it is called with, such as the framework's request.
    """

    async def find() -> AppUser | None:
        return user_by_id(await runner.call(function, *arguments))

    return find


async def user_at_start(find: FindUser) -> str | None:
    """The digest of the user who is signed in when a login begins. None if there is none.

    Raises:
        AppFailed: the app's function failed.
    """
    try:
        found = await find()
    except ValetkeyError:
        raise
    except Exception as fault:
        log.exception("current_user failed; the sign-in has not begun")
        raise AppFailed from fault
    return digest_of(found) if found is not None else None


def digest_of(found: AppUser) -> str:
    """What a login's cookie keeps of a user: always 43 characters."""
    return urlsafe_b64encode(hashlib.sha256(found.key.encode()).digest()).rstrip(b"=").decode()


async def user_of_login(bound: str | None, find: FindUser | None) -> object:
    """The user for ``resolve_account``.

    Args:
        bound: the digest of the user who was signed in when the login began. None if there was none.
        find: finds the user in the browser that finishes the login.

    Returns:
        The user, if the two are the same. Otherwise None.
    """
    if bound is None or find is None:
        return None
    found = await find()
    return found.user if found is not None and constant_time_equals(digest_of(found), bound) else None


def takes_current_user(resolve: Callable[..., object] | None) -> bool:
    """Whether a ``resolve_account`` has a parameter of this name."""
    return resolve is not None and _PARAMETER in inspect.signature(resolve).parameters


def require_signature(resolve: Callable[..., object], *, finds_user: bool) -> None:
    """Check that ``resolve_account`` can be called.

    Args:
        resolve: the app's function.
        finds_user: whether the app says who is signed in otherwise.

    Raises:
        SettingsError: it has other parameters, or one of function and app does not know of ``current_user``.
    """
    has_user = takes_current_user(resolve)
    try:
        inspect.signature(resolve).bind(None, None, **({_PARAMETER: None} if has_user else {}))
    except TypeError:
        raise SettingsError(
            "resolve_account must take (identity, account_id), or (identity, account_id, current_user)."
        ) from None
    if has_user and not finds_user:
        raise SettingsError(
            "resolve_account takes current_user, and the app does not say who that is: pass SignIn a function, as "
            "current_user=…, that returns the id of the user who is signed in by other means."
        )
    if finds_user and not has_user:
        raise SettingsError(
            "SignIn has a function for current_user, and resolve_account does not take it: make it a function of "
            "(identity, account_id, current_user)."
        )
