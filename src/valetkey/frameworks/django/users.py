"""The users of ``django.contrib.auth``, found by account.

``resolve_account`` runs in the callback's own thread and outside of any transaction of ours. What it makes is committed
before the session opens; a kill in between is healed by the next sign-in, which gets what is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from itertools import chain, count
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import update_last_login
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext

from ...errors import SignInRefused
from ...models import Identity
from .conf import ResolveUser, User
from .models import SignInAccount

_FEW = 20  # names that others may take meanwhile


def resolve_account(identity: Identity, account_id: str) -> User:
    """The account's user; a new one is called by the handle, and has no password."""
    model: Any = get_user_model()
    attempts = _FEW
    while True:
        attempts -= 1
        name = _free_name(identity)  # not in create's transaction: SQLite lets nobody write who has begun by reading
        try:
            return get_or_create_user(account_id, partial(model._default_manager.create_user, name))
        except IntegrityError:
            if not attempts:
                raise


def get_or_create_user(account_id: str, create: Callable[[], User]) -> User:
    """The account's user, or the one that ``create`` makes: for a ``resolve_account`` of the app's own.

    ``create`` runs in a transaction, and at most one of several at once leaves a user behind.

    Raises:
        IntegrityError: ``create`` would make what is there already.
    """
    known = _known(account_id)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            user = create()
            SignInAccount.objects.create(account_id=account_id, user=user)
            return user
    except IntegrityError:
        known = _known(account_id)
        if known is None:  # it was not that another request came first
            raise
        return known


def resolve_user(resolve: ResolveUser, identity: Identity, account_id: str) -> None:
    """Ask whose user this is, and remember the answer.

    Raises:
        SignInRefused: the user is not active.
    """
    user = resolve(identity, account_id)
    if not isinstance(user, get_user_model()):
        raise TypeError(f"RESOLVE_ACCOUNT answered {type(user).__name__}, and not a user")
    if not user.is_active:
        raise SignInRefused("user_inactive", gettext("This account is inactive."))
    _remember(user, account_id)
    if any(field.name == "last_login" for field in user._meta.get_fields()):
        update_last_login(type(user), user)


def user_of(account_id: str) -> User | None:
    """The active user of an account."""
    known = _known(account_id)
    return known if known is not None and known.is_active else None


def _known(account_id: str) -> User | None:
    found = SignInAccount.objects.select_related("user").filter(account_id=account_id).first()
    return found.user if found is not None else None


def _remember(user: Any, account_id: str) -> None:
    """The app's answer of today counts. A user has one account: an older tie of his is let go."""
    if SignInAccount.objects.filter(account_id=account_id, user=user).exists():
        return
    for older in SignInAccount.objects.filter(user=user):
        older.delete()
    if not SignInAccount.objects.filter(account_id=account_id).update(user=user):
        SignInAccount.objects.create(account_id=account_id, user=user)


def _free_name(identity: Identity) -> str:
    """The handle, with a number after it where somebody else is called so, in whatever case."""
    model: Any = get_user_model()
    field = model._meta.get_field(model.USERNAME_FIELD)
    most = (field.max_length or 150) - 8
    wanted = re.sub(r"[^\w.@+-]", "", model.normalize_username(identity.handle or ""))[:most] or identity.provider
    taken = partial(_is_taken, model, field.name)
    names = chain([wanted], (f"{wanted}-{number}" for number in count(2)))
    return next(name for name in names if not taken(name))


def _is_taken(model: type[models.Model], field: str, name: str) -> bool:
    return model._default_manager.filter(**{f"{field}__iexact": name}).exists()
