"""The users of ``django.contrib.auth``, found by account.

``resolve_account`` runs in the callback's own thread and outside of any transaction of ours. What it makes is committed
before the session opens; a kill in between is healed by the next sign-in, which gets what is there.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import update_last_login
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext

from ...errors import SignInRefused
from ...model import Identity
from .conf import ResolveUser, User
from .models import SignInAccount

_FEW = 20  # names that others take meanwhile


def resolve_account(identity: Identity, account_id: str) -> User:
    """The account's user; a new one is called by the handle, and has no password."""
    model: Any = get_user_model()
    for _ in range(_FEW):
        known = SignInAccount.objects.select_related("user").filter(account_id=account_id).first()
        if known is not None:
            return known.user
        name = _free_name(identity)  # not within: SQLite lets nobody write who has begun by reading
        try:
            with transaction.atomic():
                user = model._default_manager.create_user(name)
                SignInAccount.objects.create(account_id=account_id, user=user)
                return user
        except IntegrityError:
            continue  # the account or the name has been taken meanwhile, by another request
    raise RuntimeError("no free username was found")


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
    known = SignInAccount.objects.select_related("user").filter(account_id=account_id).first()
    return known.user if known is not None and known.user.is_active else None


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
    wanted = re.sub(r"[^\w.@+-]", "", identity.handle or "")[:most] or identity.provider
    taken = partial(_is_taken, model, field.name)
    return next(name for name in (wanted, *(f"{wanted}-{number}" for number in range(2, 10**6))) if not taken(name))


def _is_taken(model: type[models.Model], field: str, name: str) -> bool:
    return model._default_manager.filter(**{f"{field}__iexact": name}).exists()
