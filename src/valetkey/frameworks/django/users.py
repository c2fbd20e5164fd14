"""The user of ``django.contrib.auth`` of each account.

``resolve_account`` runs in the thread of the callback, outside of valetkey's transactions. The user that it creates is
committed before the session is opened. If the process is killed in between, the next sign-in finds the user.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import chain, count
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import BaseUserManager, update_last_login
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext

from ...errors import SignInRefused
from ...login.completion import Resolve
from ...login.current_user import takes_current_user
from ...models import Identity
from .conf import ResolveUser, User, sign_in
from .models import SignInAccount
from .user_model import UserModel

log = logging.getLogger("valetkey")

_ATTEMPTS = 20  # another request may take the name in the meantime


def resolve_account(identity: Identity, account_id: str) -> User:
    """Get or create the user of an account. A new user has the handle as its name, and no password.

    It has the e-mail address, if the provider has verified it and no other user has it. An address never decides whose
    user it is: without that, a provider that lets its users claim any address would give them the users of others.

    Raises:
        SignInRefused: the user model cannot do without an address, and the provider has verified none, or another user
            has it.
    """
    known = _known(account_id)
    if known is not None:
        return known
    about = UserModel()
    attempts = _ATTEMPTS
    while True:
        attempts -= 1
        try:
            # Before the transaction: in SQLite, one that began with a read may fail.
            values = {**_free_names(about, identity), **_free_emails(about, identity)}
        except _NoAddress as without:
            known = _known(account_id)  # another request of this account may have created its user, with the address
            if known is not None:
                return known
            raise _refusal(about, without, identity) from None
        try:
            return get_or_create_user(account_id, partial(about.create, values))
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
    if any(field.name == "last_login" for field in user._meta.get_fields()):
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
    attempts = _ATTEMPTS
    while not SignInAccount.objects.filter(account_id=account_id, user=user).exists():
        attempts -= 1
        for older in SignInAccount.objects.filter(user=user):
            older.delete()
        try:
            with transaction.atomic():
                if not SignInAccount.objects.filter(account_id=account_id).update(user=user):
                    SignInAccount.objects.create(account_id=account_id, user=user)
        except IntegrityError:  # another request has stored the account or the user meanwhile
            if not attempts:
                raise


def _free_names(about: UserModel, identity: Identity) -> dict[str, str]:
    """By field: the handle, with a number after it if another user has that name in any case."""
    return {field.name: _free_name(about.model, field, identity) for field in about.names}


def _free_name(model: Any, field: Any, identity: Identity) -> str:
    most = (field.max_length or 150) - 8
    wanted = re.sub(r"[^\w.@+-]", "", model.normalize_username(identity.handle or ""))[:most] or identity.provider
    taken = partial(_is_taken, model, field.name)
    names = chain([wanted], (f"{wanted}-{number}" for number in count(2)))
    return next(name for name in names if not taken(name))


def _free_emails(about: UserModel, identity: Identity) -> dict[str, str | None]:
    """By field: the verified address, if the model accepts it and no other user has it in any case: code that looks a
    user up by it must not find two. Otherwise what the field has without an address.

    Raises:
        _NoAddress: a field needs an address.
    """
    found: dict[str, str | None] = {}
    for field in about.emails:
        address = _verified(identity, field)
        is_taken = address is not None and _is_taken(about.model, field.name, address)
        if address is not None and not is_taken:
            found[field.name] = address
        elif about.needs_email(field):
            raise _NoAddress(field.name, is_taken=is_taken)
        else:
            found[field.name] = about.empty_email(field)
    return found


def _verified(identity: Identity, field: Any) -> str | None:
    """The address, if the provider has verified it and the field accepts it."""
    if not identity.email_verified or not identity.email:
        return None
    try:
        field.clean(identity.email, None)
    except ValidationError:
        return None
    address: str = BaseUserManager.normalize_email(identity.email)  # as create_user does
    return address


class _NoAddress(Exception):
    """The user model cannot do without an address, and this identity has none for it."""

    def __init__(self, field: str, *, is_taken: bool) -> None:
        self.field = field
        self.is_taken = is_taken  # by another user


def _refusal(about: UserModel, without: _NoAddress, identity: Identity) -> SignInRefused:
    """The refusal, with a line in the log for the developer."""
    taken, unverified = "another user has the address", f"{identity.provider} sent no address that it has verified"
    log.warning(
        "a sign-in was refused: %s.%s needs an e-mail address, and %s. A RESOLVE_ACCOUNT of your own may decide "
        "otherwise (docs/django.md).",
        about.label,
        without.field,
        taken if without.is_taken else unverified,
    )
    if without.is_taken:
        return SignInRefused(
            "email_taken",
            gettext(
                "Another user of this app has your e-mail address. If that is you, sign in the way that you did before."
            ),
        )
    return SignInRefused(
        "email_needed",
        gettext(
            "This app needs an e-mail address that is verified where you sign in. Add or confirm one there, or sign in "
            "another way."
        ),
    )


def _is_taken(model: type[models.Model], field: str, name: str) -> bool:
    # Not the default manager, which may leave out users who are archived: their names are taken, too.
    return model._base_manager.filter(**{f"{field}__iexact": name}).exists()
