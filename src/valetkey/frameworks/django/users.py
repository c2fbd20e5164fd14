"""The user of ``django.contrib.auth`` of each account.

``resolve_account`` runs in the thread of the callback, outside of valetkey's transactions. The user that it creates is
committed before the session is opened. If the process is killed in between, the next sign-in finds the user.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import chain, count
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import update_last_login
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext

from ...errors import SignInRefused
from ...login.completion import Resolve
from ...login.current_user import takes_current_user
from ...models import Identity
from .conf import ResolveUser, User, sign_in
from .models import SignInAccount

_ATTEMPTS = 20  # another request may take the name in the meantime


def resolve_account(identity: Identity, account_id: str) -> User:
    """Get or create the user of an account. A new user has the handle as its name, and no password.

    It has the e-mail address, if the provider has verified it and no other user has it. An address never decides whose
    user it is: without that, a provider that lets its users claim any address would give them the users of others.
    """
    model: Any = get_user_model()
    attempts = _ATTEMPTS
    while True:
        attempts -= 1
        name = _free_name(identity)  # before the transaction: in SQLite, one that began with a read may fail
        try:
            create = partial(model._default_manager.create_user, name, **_free_email(identity))
            return get_or_create_user(account_id, create)
        except IntegrityError:
            if not attempts:
                raise


def get_or_create_user(account_id: str, create: Callable[[], User]) -> User:
    """Get the user of an account, or create it. For a ``resolve_account`` of your own.

    Args:
        account_id: the account.
        create: creates the user. It runs in a transaction. If several requests run it at once, one user remains.

    Raises:
        IntegrityError: ``create`` violates a constraint of your own tables.
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
        if known is None:  # another request was not the reason
            raise
        return known


def connect_user(account_id: str, user: User) -> User:
    """Connect an account, and so the identity that signs in to it, to a user. For a ``resolve_account`` that takes
    ``current_user``: the identity then signs this user in.

    Args:
        account_id: the account.
        user: the user, such as ``current_user``.

    Raises:
        SignInRefused: the account is another user's, or the user has another account.
    """
    known = _known(account_id)
    if known is None:
        with suppress(IntegrityError), transaction.atomic():
            SignInAccount.objects.create(account_id=account_id, user=user)
            return user
        known = _known(account_id)  # another request has connected it meanwhile; or the user has another account
    if known == user:
        return known
    if known is not None:
        raise SignInRefused("another_user", gettext("This sign-in belongs to another user. Log out first to use it."))
    # The account is of this login alone. Without it, the user can link the identity to the account that they have.
    sign_in().accounts.delete(account_id)
    raise SignInRefused(
        "connected_otherwise", gettext("You are connected with another sign-in. Sign in with that one to add this one.")
    )


def resolver_of(resolve: ResolveUser) -> Resolve:
    """The project's ``resolve_account``, for the core: it has the same parameters."""
    if takes_current_user(resolve):
        return lambda identity, account_id, current_user: resolve_user(
            partial(resolve, current_user=current_user), identity, account_id
        )
    return partial(resolve_user, resolve)


def resolve_user(resolve: ResolveUser, identity: Identity, account_id: str) -> None:
    """Call the project's ``resolve_account``, and store which user the account has.

    Raises:
        SignInRefused: the user is not active, or the function refuses.
        TypeError: the function did not return a user.
    """
    user = resolve(identity, account_id)
    if not isinstance(user, get_user_model()):
        raise TypeError(f"RESOLVE_ACCOUNT answered {type(user).__name__}, and not a user")
    if not user.is_active:
        raise SignInRefused("user_inactive", gettext("This account is inactive."))
    _remember(user, account_id)
    if _has_field(user, "last_login"):
        update_last_login(type(user), user)


def user_of(account_id: str) -> User | None:
    """The active user of an account, or None."""
    known = _known(account_id)
    return known if known is not None and known.is_active else None


def _known(account_id: str) -> User | None:
    found = SignInAccount.objects.select_related("user").filter(account_id=account_id).first()
    return found.user if found is not None else None


def _remember(user: Any, account_id: str) -> None:
    """Store the user of an account. The newest answer counts. A user has one account, so an older one is removed."""
    if SignInAccount.objects.filter(account_id=account_id, user=user).exists():
        return
    for older in SignInAccount.objects.filter(user=user):
        older.delete()
    if not SignInAccount.objects.filter(account_id=account_id).update(user=user):
        SignInAccount.objects.create(account_id=account_id, user=user)


def _free_name(identity: Identity) -> str:
    """The handle, with a number after it if another user has that name in any case."""
    model: Any = get_user_model()
    field = model._meta.get_field(model.USERNAME_FIELD)
    most = (field.max_length or 150) - 8
    wanted = re.sub(r"[^\w.@+-]", "", model.normalize_username(identity.handle or ""))[:most] or identity.provider
    taken = partial(_is_taken, model, field.name)
    names = chain([wanted], (f"{wanted}-{number}" for number in count(2)))
    return next(name for name in names if not taken(name))


def _free_email(identity: Identity) -> dict[str, str]:
    """The verified address, by the name of the user's field for it. Nothing, if the model has no such field or does not
    accept the address, or if another user has it in any case: code that looks a user up by it must not find two."""
    model: Any = get_user_model()
    field: str = getattr(model, "EMAIL_FIELD", None) or "email"
    if not identity.email_verified or not identity.email or not _has_field(model, field):
        return {}
    try:
        model._meta.get_field(field).clean(identity.email, None)
    except ValidationError:
        return {}
    return {} if _is_taken(model, field, identity.email) else {field: identity.email}


def _has_field(model: Any, name: str) -> bool:
    return any(field.name == name for field in model._meta.get_fields())


def _is_taken(model: type[models.Model], field: str, name: str) -> bool:
    return model._default_manager.filter(**{f"{field}__iexact": name}).exists()
