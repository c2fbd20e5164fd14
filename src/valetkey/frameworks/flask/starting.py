"""What other frameworks do when they start. Flask has no such moment, so it is a process's first request; and, before
an app goes live, ``flask valetkey``.
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


class Start:
    """What one app does before the first request that a process answers."""

    def __init__(self, settings: Settings, blueprint: Blueprint) -> None:
        self.fault: str | None = None
        self._settings = settings
        self._blueprint = blueprint
        self._looking = Lock()
        self._is_well = False

    def __call__(self) -> None:
        if not self._is_well:
            app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
            self.exempt(app)
            flask_login.connect(app)
            self.look(app)

    def look(self, app: Flask) -> bool:
        """In the mirror. Not twice at a time, and so not in the requests that looking makes, either.

        Returns:
            Whether the app could answer.

        Raises:
            SettingsError: with everything that is wrong.
        """
        if self.fault is not None:
            raise SettingsError(self.fault)
        if not self._looking.acquire(blocking=False):
            return False
        try:
            # In a context of its own: g and the app's connections are none of the request's that is waiting.
            could_answer = Context().run(startup_check.check_wsgi_app, app.wsgi_app, self._settings)
            self._is_well = True
            return could_answer
        finally:
            self._looking.release()

    def exempt(self, app: Flask) -> None:
        """From Flask-WTF's CSRF protection, whichever of the two was installed first. Ours is stricter."""
        protect = app.extensions.get("csrf")
        if protect is not None:
            protect.exempt(self._blueprint)


def add_commands(blueprint: Blueprint, settings: Settings, start: Start) -> None:
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
        """Look at what the app makes of our answers: where they are mounted, headers, cookies, CSRF."""
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        try:
            start.exempt(app)
            could_answer = start.look(app)
        except SettingsError as fault:
            raise click.ClickException(fault.hint) from fault
        if not could_answer:
            raise click.ClickException("The app could not answer; the log has the reason.")
        click.echo(f"The app lets sign-in through, at {settings.public_origin}{settings.prefix}/")
