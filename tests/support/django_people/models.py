"""The user models. A process has the one that ``PEOPLE`` names."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AbstractUser, BaseUserManager, UserManager
from django.db import models
from django.db.models.functions import Lower

MODELS: dict[str, Callable[[], Any]] = {}


def a_case(make: Callable[[], Any]) -> Callable[[], Any]:
    MODELS[make.__name__] = make
    return make


class EmailManager(BaseUserManager):
    """As most tutorials have it."""

    def create_user(self, email: str, password: str | None = None, **more: Any) -> Any:
        if not email:
            raise ValueError("Users must have an email address")
        user = self.model(email=self.normalize_email(email), **more)
        user.set_password(password)
        user.save(using=self._db)
        return user


class NormalizingManager(UserManager):
    def create_user(self, username: str, email: str | None = None, password: str | None = None, **more: Any) -> Any:
        return super().create_user(username, email, password, **more)


class StrictManager(BaseUserManager):
    """No argument has a default, and there are no others."""

    def create_user(self, email: str, full_name: str, password: str | None) -> Any:
        user = self.model(email=email, full_name=full_name)
        user.set_password(password)
        user.save()
        return user


class InvitedManager(BaseUserManager):
    def create_user(self, email: str, invitation: str, password: str | None = None) -> Any:
        raise AssertionError


class Archive(UserManager):
    def get_queryset(self) -> Any:
        return super().get_queryset().filter(is_active=True)


@a_case
def email_unique() -> Any:
    class Person(AbstractUser):
        email = models.EmailField(unique=True)

    return Person


@a_case
def email_unique_in_lower_case() -> Any:
    class Person(AbstractUser):
        class Meta:
            constraints = [models.UniqueConstraint(Lower("email"), name="one_address")]

    return Person


@a_case
def email_unique_or_null() -> Any:
    class Person(AbstractUser):
        email = models.EmailField(unique=True, null=True, blank=True)

    return Person


@a_case
def email_unique_or_null_for_a_manager() -> Any:
    """Its manager makes an empty text of no address."""

    class Person(AbstractUser):
        email = models.EmailField(unique=True, null=True, blank=True)
        objects = NormalizingManager()

    return Person


@a_case
def email_is_the_name() -> Any:
    class Person(AbstractBaseUser):
        email = models.EmailField(unique=True)
        USERNAME_FIELD = "email"
        objects = EmailManager()

    return Person


@a_case
def email_and_user_name() -> Any:
    class Person(AbstractUser):
        email = models.EmailField(unique=True)
        USERNAME_FIELD = "email"
        REQUIRED_FIELDS = ["username"]

    return Person


@a_case
def no_user_name() -> Any:
    """With the manager that comes with AbstractUser, which takes a user name."""

    class Person(AbstractUser):
        username = None
        email = models.EmailField(unique=True)
        USERNAME_FIELD = "email"
        REQUIRED_FIELDS = []

    return Person


@a_case
def another_signature() -> Any:
    class Person(AbstractBaseUser):
        email = models.EmailField(unique=True)
        full_name = models.CharField(max_length=80, blank=True)
        USERNAME_FIELD = "email"
        objects = StrictManager()

    return Person


@a_case
def no_create_user() -> Any:
    class Person(AbstractBaseUser):
        nick = models.CharField(max_length=40, unique=True)
        USERNAME_FIELD = "nick"
        objects = models.Manager()

    return Person


@a_case
def by_uuid() -> Any:
    class Person(AbstractUser):
        id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    return Person


@a_case
def another_manager() -> Any:
    """The first manager leaves users out, and ``objects`` is no manager's name."""

    class Person(AbstractUser):
        present = Archive()
        everybody = UserManager()

    return Person


@a_case
def a_child() -> Any:
    class Party(models.Model):
        since = models.DateTimeField(auto_now_add=True)
        kind = models.CharField(max_length=9, default="person")

    class Person(Party, AbstractUser):
        email = models.EmailField(unique=True)

    return Person


@a_case
def other_fields() -> Any:
    class Person(AbstractUser):
        born = models.DateField()
        city = models.CharField(max_length=40)
        phone = models.CharField(max_length=40, unique=True, blank=True)
        slug = models.SlugField(editable=False)
        note = models.TextField(blank=True)

    return Person


@a_case
def by_invitation() -> Any:
    class Person(AbstractBaseUser):
        email = models.EmailField(unique=True)
        USERNAME_FIELD = "email"
        objects = InvitedManager()

    return Person


if "PEOPLE" in os.environ:
    Person = MODELS[os.environ["PEOPLE"]]()
