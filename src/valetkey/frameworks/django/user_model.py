"""What a new user of the project's user model needs, and what a sign-in can give.

How this works. A sign-in brings a handle and, from most providers, an e-mail address that the provider has verified.
The fields of the user model are read once per question, by these rules:

* ``USERNAME_FIELD``, and a field called ``username``, get the handle, with a number after it if it is taken.
* ``EMAIL_FIELD``, and a ``USERNAME_FIELD`` that is an e-mail field, get the verified address, if no other user has it.
* An address is needed where the model cannot do without: the field is not ``null`` and is unique or not ``blank``, or
  ``create_user`` of the manager has a parameter for it without a default. ``REQUIRED_FIELDS`` does not count: it is for
  ``createsuperuser``, and Django's own user model lists an e-mail there that may be empty.
* Every other field must have a value of its own: a default, ``null``, or ``blank`` in a field that is not unique. A
  field that is not editable, or that fills itself in ``pre_save``, counts as one that the model fills.

The system check asks for what is missing before the first user signs in, and ``users.py`` creates users by the same
rules.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import UserManager
from django.db import models

from ...providers.record.provider import Provider

Field = Any  # a concrete field of a model
Values = Mapping[str, Any]

_OF_DJANGO = ("create_user", "_create_user", "_create_user_object")


class UserModel:
    """The project's user model, as a sign-in fills it.

    Attributes:
        model: the model.
        names: the fields that get the handle.
        emails: the fields that get the e-mail address.
    """

    def __init__(self, model: Any = None) -> None:
        self.model: Any = model or get_user_model()
        meta: Any = self.model._meta
        fields: dict[str, Field] = {field.name: field for field in meta.concrete_fields}
        login, address = self.model.USERNAME_FIELD, getattr(self.model, "EMAIL_FIELD", None) or "email"
        self.emails: tuple[Field, ...] = tuple(
            one
            for name, one in fields.items()
            if name == address or (name == login and isinstance(one, models.EmailField))
        )
        self.names: tuple[Field, ...] = tuple(
            one
            for name, one in fields.items()
            if name in (login, "username") and isinstance(one, models.CharField)
            if one not in self.emails and not one.choices
        )
        self._fields = fields
        self._create = self._create_user()
        self._parameters = dict(inspect.signature(self._create).parameters) if self._create else {}

    @property
    def label(self) -> str:
        """The model's name, such as ``people.Person``."""
        return str(self.model._meta.label)

    def needs_email(self, field: Field) -> bool:
        """Whether a user cannot be created without an address in this field."""
        parameter = self._parameters.get(field.name)
        if parameter is not None and parameter.default is parameter.empty and _is_named(parameter):
            return True
        return not field.null and not _fills_itself(field) and (not field.blank or self._collides(field))

    def empty_email(self, field: Field) -> str | None:
        """What the field has without an address."""
        return None if field.null else field.get_default()

    def missing(self) -> list[str]:
        """The fields, and the parameters of ``create_user``, that need a value that no sign-in brings."""
        given = {one.name for one in (*self.names, *self.emails)}
        found = [
            f"{self.label}.{name}"
            for name, field in self._fields.items()
            if name not in {*given, "password"} and not field.null and not _fills_itself(field)
            if not field.blank or self._collides(field)
        ]
        asked = [f"{name}, which create_user of {self.label} requires" for name in self._unknown_parameters(given)]
        needed = [
            f"{self.label}.{one.name}, which create_user does not take"
            for one in (*self.names, *self.emails)
            if not self._takes(one.name) and not one.null and (not one.blank or self._collides(one))
        ]
        return [*found, *asked, *needed]

    def without_email(self, providers: Iterable[Provider]) -> dict[str, list[Provider]]:
        """By each field that needs an address: the providers that send no address that they have verified."""
        silent = [one for one in providers if not one.verifies_email]
        return {field.name: silent for field in self.emails if silent and self.needs_email(field)}

    def create(self, values: Values) -> Any:
        """Create a user without a password, through ``create_user`` of the model's manager if it has one.

        Args:
            values: by field, what the sign-in brings.
        """
        if self._create is None:
            user = self.model(**values)
            user.set_unusable_password()
            user.save(force_insert=True)
            return user
        taken = {name: value for name, value in values.items() if self._takes(name)}
        user = self._create(**taken, **self._filling(taken))
        # What it does not take; and no address at all, of which BaseUserManager.normalize_email makes an empty text.
        left = [name for name, value in values.items() if name not in taken or value is None]
        changed = [name for name in left if getattr(user, name) != values[name]]
        for name in changed:
            setattr(user, name, values[name])
        if changed:
            user.save(update_fields=changed)
        return user

    def _create_user(self) -> Callable[..., Any] | None:
        """``create_user`` of the default manager, or of the first that has one. None if there is none, or if it is
        Django's own and cannot do it: it takes a user name, and makes an empty text of no address."""
        for manager in (self.model._default_manager, *self.model._meta.managers):
            create = getattr(manager, "create_user", None)
            if create is not None:
                is_djangos = all(
                    getattr(type(manager), name, None) is getattr(UserManager, name, None) for name in _OF_DJANGO
                )
                cannot = "username" not in self._fields or any(one.null for one in self.emails)
                return None if is_djangos and cannot else create
        return None

    def _takes(self, name: str) -> bool:
        """Whether the user is created with a value for this field."""
        any_name = any(one.kind is one.VAR_KEYWORD for one in self._parameters.values())
        return self._create is None or any_name or name in self._parameters

    def _filling(self, taken: Values) -> dict[str, Any]:
        """Values for the parameters without a default that no sign-in brings: those of the fields of that name."""
        names = [name for name in self._required_parameters() if name not in taken]
        fields = {name: self._fields[name] for name in names if name in self._fields}
        return {name: None if name == "password" else fields[name].get_default() for name in names}

    def _unknown_parameters(self, given: Iterable[str]) -> list[str]:
        known = {*given, "password"}
        return [name for name in self._required_parameters() if name not in known and name not in self._fields]

    def _required_parameters(self) -> list[str]:
        return [name for name, one in self._parameters.items() if _is_named(one) and one.default is one.empty]

    def _collides(self, field: Field) -> bool:
        """Whether a second user without a value would have the same as the first."""
        return field.unique or any(_is_unique_alone(one, field.name) for one in field.model._meta.constraints)


def _is_named(parameter: inspect.Parameter) -> bool:
    return parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)


def _fills_itself(field: Field) -> bool:
    """Whether a field gets a value without being given one, and not the same each time where it must differ."""
    if isinstance(field, models.AutoField) or not field.editable or field.generated:
        return True
    if field.has_default() or field.has_db_default():
        return callable(field.default) or not field.unique
    if getattr(field.remote_field, "parent_link", False) or getattr(field, "auto_now", False):
        return True
    return not type(field).pre_save.__module__.startswith("django.")


def _is_unique_alone(constraint: models.BaseConstraint, name: str) -> bool:
    """Whether a constraint makes one field unique, maybe in lower case."""
    if not isinstance(constraint, models.UniqueConstraint) or constraint.condition is not None:
        return False  # a condition may leave empty values out
    expressions: Any = constraint.expressions
    parts: list[Any] = [part for one in expressions for part in one.flatten() if isinstance(part, models.F)]
    return {*constraint.fields, *(part.name for part in parts)} == {name}
