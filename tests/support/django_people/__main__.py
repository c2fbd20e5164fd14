from __future__ import annotations

import json
import logging
import os
import sys
from typing import Any

import django
import django.contrib.auth
import django.db.models
from django.conf import settings
from django.core import checks
from django.core.management import call_command

import valetkey.frameworks.wsgi  # noqa: F401  # before the fork, as it takes long
from valetkey.testing import SignInFailed, signed_in

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "valetkey.frameworks.django.middleware.SignInMiddleware",
]


def main() -> None:
    """Play each case of the arguments. For each, an entry of the answer."""
    found = {}
    for case in sys.argv[1:]:
        read, write = os.pipe()
        if not os.fork():
            with os.fdopen(write, "w") as pipe:
                json.dump(played(case), pipe)
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as pipe:
            found[case] = json.loads(pipe.read() or "null")
        os.wait()
    print(json.dumps(found))


def played(case: str) -> dict[str, Any]:
    os.environ["PEOPLE"] = case
    settings.configure(
        SECRET_KEY="Vcb83l8nDXwpj3aeRiJBeO93oj9qGtiOxq0DbscPiqktOYfz",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="support.django_people.urls",
        AUTH_USER_MODEL="django_people.Person",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "support.django_people",
            "valetkey.frameworks.django",
        ],
        MIGRATION_MODULES=dict.fromkeys(("auth", "contenttypes", "sessions", "valetkey")),
        MIDDLEWARE=MIDDLEWARE,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        VALETKEY={"DATABASE": f"sqlite:///{os.environ['PEOPLE_DIRECTORY']}/{case}.db"},
    )
    django.setup()
    call_command("migrate", run_syncdb=True, skip_checks=True, verbosity=0)
    if case == "email_unique_or_null":  # a user of before, whose empty address is taken
        django.contrib.auth.get_user_model().objects.create(username="before", email="")
    if case == "another_manager":  # a user whom the first manager leaves out, and whose name is taken
        django.contrib.auth.get_user_model().everybody.create(username="bare", is_active=False)
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("valetkey").addHandler(handler)
    told = told_by_check()
    ours = settings.VALETKEY
    settings.VALETKEY = {**ours, "TWITTER_EMAIL": ""}
    without = told_by_check()
    settings.VALETKEY = ours
    told_story = [] if told else story()
    found = {"check": told, "silent": without, "story": told_story, "people": people(), "log": list(lines)}
    return found if told else {**found, "at_once": at_once()}


def told_by_check() -> list[str]:
    return [f"{one.id} {one.msg} {one.hint or ''}" for one in checks.run_checks(tags=["valetkey"])]


def story() -> list[str]:
    """Three people by three providers, each twice; then those who cannot have an address of their own."""
    return [
        came("google", persona="ada"),
        came("github", persona="rtl"),
        came("twitter", persona="longname"),
        came("google", persona="ada"),
        came("github", persona="rtl"),
        came("twitter", persona="longname"),
        came("github", persona="ada"),  # the address of another
        came("google", persona="unverified"),  # an address of another, which nobody has verified
        came("twitter", persona="bare"),  # no address
        came("github", persona="blank"),  # nothing but an id
    ]


def at_once() -> list[str]:
    """The users of two requests of one account: the second comes while the first looks for what is free."""
    from valetkey import Identity
    from valetkey.frameworks.django import users

    grace = Identity(provider="x", subject="7", handle="grace", email="grace@example.com", email_verified=True)
    is_taken, found = users._is_taken, []

    def resolve() -> None:
        found.append(str(users.resolve_account(grace, "account").pk))

    def interrupted(*args: Any) -> bool:
        if users._is_taken is interrupted:
            users._is_taken = is_taken
            resolve()
        return is_taken(*args)

    users._is_taken = interrupted
    resolve()
    return found


def came(provider: str, *, persona: str) -> str:
    from django.contrib.auth import get_user_model
    from django.test import Client

    from valetkey.frameworks.django.models import SignInAccount

    try:
        account = signed_in(Client(HTTP_HOST="127.0.0.1:8000"), persona, provider=provider)
    except SignInFailed as failed:
        return failed.code or str(failed)
    user: Any = SignInAccount.objects.get(account_id=account.id).user
    assert isinstance(user, get_user_model())
    assert not user.has_usable_password()
    return str(user.get_username())


def people() -> list[Any]:
    from django.contrib.auth import get_user_model

    return [[one.get_username(), getattr(one, "email", "")] for one in get_user_model()._base_manager.all()]


if __name__ == "__main__":
    main()
