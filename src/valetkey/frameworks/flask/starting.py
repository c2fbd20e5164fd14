"""What a Flask app does before its first request, and the ``flask valetkey`` commands.

Other frameworks have a hook for the start of a process. Flask has none, so the start-up check runs in the first
request of a process. ``flask valetkey check`` runs it before an app goes live.
"""

from __future__ import annotations

import logging
from typing import Any
from weakref import WeakSet

import click
from flask import Blueprint, Flask, current_app, got_request_exception, request, request_started

from ...errors import SettingsError
from ...settings import Settings
from ...web.once_per_minute import OncePerMinute, more
from ...web.startup import check as startup_check
from ...web.startup.once import Once
from ...web.startup.run import current_run, note_exception
from ...web.startup.verdicts import Mounts, arrival_problem
from ..commands import accounts, migrate, secret
from . import flask_login

log = logging.getLogger("valetkey")


class Startup:
    """What one app does before the first request that a process answers.

    Attributes:
        fault: why the app has no sign-in. Empty where it has one.
        once: the start-up check of its sign-in. None where it has none.
    """

    def __init__(self, settings: Settings, blueprint: Blueprint) -> None:
        self.fault = ""
        self.once: Once | None = None
        self._mounts = mounts_of(settings)
        self._settings = settings
        self._blueprint = blueprint
        self._lines = OncePerMinute()

    def before_request(self) -> None:
        """Run before each request, until a request for the routes has arrived as it should. Then it is taken away.

        Raises:
            SettingsError: the app does not let sign-in through; the message lists all of it.
        """
        once = self.once
        if once is None:
            raise SettingsError(self.fault)
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        if once.settled:
            # Flask looks at each hook anew, which costs a request as much as its session. Other threads may be running
            # through this list, so it is replaced and not changed.
            hooks = app.before_request_funcs
            hooks[None] = [one for one in hooks[None] if one != self.before_request]
            return
        if current_run() is not None:  # the check itself sends requests to the app
            return
        elsewhere = self._elsewhere()
        if not once.app_passed:
            self._connect(app)
            try:
                once.check_wsgi(app.wsgi_app, mounts=self._mounts)
            except SettingsError as fault:
                # Where the server has the app elsewhere, that is the likely cause.
                raise SettingsError("\n".join(filter(None, (elsewhere, fault.hint)))) from None
        elif elsewhere is not None and (left_out := self._lines.count("elsewhere")) is not None:
            # Only a warning: a health check, or another mount of the same app, may arrive like this.
            log.warning("%s%s", elsewhere, more(left_out))

    def check(self, app: Flask) -> bool:
        """Run the start-up check, for the command.

        Returns:
            Whether the app could answer.

        Raises:
            SettingsError: the app does not let sign-in through; the message lists all of it.
        """
        if self.fault:
            raise SettingsError(self.fault)
        self._connect(app)
        return startup_check.check_wsgi_app(app.wsgi_app, self._settings, mounts=self._mounts)

    def _connect(self, app: Flask) -> None:
        self.exempt(app)
        flask_login.connect(app)
        got_request_exception.connect(_note, app)

    def _elsewhere(self) -> str | None:
        """A sentence, if the server says that the app is below another path than the callback URL does."""
        if not request.root_path:  # a proxy may have taken the path away, and a health check may arrive without it
            return None
        return arrival_problem(self._settings, request.root_path + self._settings.prefix, self._mounts)

    def exempt(self, app: Flask) -> None:
        """Exempt the routes from Flask-WTF's CSRF protection and from Flask-Limiter, whatever was set up first.

        Our own check of the origin is stricter. Our own limit is on starts, and a page must be able to ask for the
        result of its sign-in as often as it takes.
        """
        protect = app.extensions.get("csrf")
        if protect is not None:
            protect.exempt(self._blueprint)
        limiters = app.extensions.get("limiter")
        if isinstance(limiters, set):  # before version 2 there was no set, and one limiter
            for limiter in limiters:
                limiter.exempt(self._blueprint)


def mounts_of(settings: Settings) -> Mounts:
    """Where the routes are registered in an app.

    At the prefix; and at the whole public path, which arrives where the server does not set ``SCRIPT_NAME`` and no
    proxy takes the path of the app away.
    """
    return Mounts(paths=tuple(dict.fromkeys((settings.prefix, settings.public_prefix))), add_them="SignIn(app)")


_without_app: WeakSet[Any] = WeakSet()


def expect_init_app(sign_in: object) -> None:
    """Note a ``SignIn()`` that has no app yet. If an app answers requests while it has none, the log says so."""
    _without_app.add(sign_in)
    request_started.connect(_say_forgotten)


def has_app(sign_in: object) -> None:
    """Note that an app has this ``SignIn``."""
    _without_app.discard(sign_in)


def _say_forgotten(app: Flask, **_: Any) -> None:
    if _without_app and "valetkey" not in app.extensions:
        request_started.disconnect(_say_forgotten)
        log.error(
            "SignIn() was created, and this app does not have it: there are no routes, and no template knows "
            "current_account. Call sign_in.init_app(app) in the app's factory, or SignIn(app)."
        )


def _note(app: Flask, exception: Exception, **_: Any) -> None:
    """Flask answers what the app raises with a page, and sends this signal."""
    note_exception(exception)


def add_commands(blueprint: Blueprint, settings: Settings, startup: Startup) -> None:
    """Add ``flask valetkey``, which uses the app's database."""
    database = {"database": settings.database}
    blueprint.cli.help = "Sign-in: accounts, database, and whether the app lets it through."
    blueprint.cli.context_settings["default_map"] = {
        "accounts": dict.fromkeys(accounts.commands, database),
        "migrate": database,
    }
    for command in (accounts, migrate, secret):
        blueprint.cli.add_command(command)

    @blueprint.cli.command()
    def check() -> None:
        """Check that the app lets sign-in through: where it is mounted, headers, cookies, CSRF."""
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        try:
            startup.exempt(app)
            could_answer = startup.check(app)
        except SettingsError as fault:
            raise click.ClickException(fault.hint) from fault
        if not could_answer:
            raise click.ClickException("The app could not answer; the log has the reason.")
        click.echo(f"The app lets sign-in through, at {settings.public_origin}{settings.public_prefix}/")
