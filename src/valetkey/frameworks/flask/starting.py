"""What a Flask app does before its first request, and the ``flask valetkey`` commands.

Other frameworks have a hook for the start of a process. Flask has none, so the start-up check runs in the first
request of a process. ``flask valetkey check`` runs it before an app goes live.
"""

from __future__ import annotations

from contextvars import Context
from threading import Lock

import click
from flask import Blueprint, Flask, current_app

from ...errors import SettingsError
from ...settings import Settings
from ...web import startup_check
from ..commands import accounts, migrate, secret
from . import flask_login


class Startup:
    """What one app does before the first request that a process answers.

    Attributes:
        fault: why the app has no sign-in. None where it has one.
    """

    def __init__(self, settings: Settings, blueprint: Blueprint) -> None:
        self.fault: str | None = None
        self._settings = settings
        self._blueprint = blueprint
        self._checking = Lock()
        self._has_passed = False

    def __call__(self) -> None:
        """Run before each request. It does its work until the check has passed once."""
        if not self._has_passed:
            app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
            self.exempt(app)
            flask_login.connect(app)
            self.check(app)

    def check(self, app: Flask) -> bool:
        """Run the start-up check, unless it is running already: the check itself sends requests to the app.

        Returns:
            Whether the app could answer.

        Raises:
            SettingsError: the app does not let sign-in through; the message lists all of it.
        """
        if self.fault is not None:
            raise SettingsError(self.fault)
        if not self._checking.acquire(blocking=False):
            return False
        try:
            # In a context of its own: the request that waits keeps its g, and its database connections.
            could_answer = Context().run(startup_check.check_wsgi_app, app.wsgi_app, self._settings)
            self._has_passed = True
            return could_answer
        finally:
            self._checking.release()

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
