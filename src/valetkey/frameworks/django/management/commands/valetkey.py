"""``manage.py valetkey``: the commands of ``valetkey`` in the project's database, and the start-up check."""

from __future__ import annotations

from argparse import REMAINDER
from typing import Any

import click
from django.core.checks import CheckMessage
from django.core.management.base import BaseCommand, CommandError, CommandParser

from valetkey.errors import SettingsError
from valetkey.frameworks.commands import accounts, migrate, secret
from valetkey.frameworks.django import checks, conf


class Command(BaseCommand):
    help = "Sign-in: accounts, valetkey's own database, a secret, and whether the app lets it through."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("rest", nargs=REMAINDER, metavar="accounts | migrate | secret | check", help="--help: more")

    def handle(self, *args: Any, rest: list[str], **options: Any) -> None:
        check = click.Command("check", callback=self._check, help=self._check.__doc__)
        group = click.Group("valetkey", commands=[accounts, migrate, secret, check], help=self.help)
        defaults: dict[str, Any] = {}
        if rest and rest[0] in ("accounts", "migrate"):
            database = {"database": self._database()}
            defaults = {"accounts": dict.fromkeys(accounts.commands, database), "migrate": database}
        try:
            group.main(rest or ["--help"], "manage.py valetkey", default_map=defaults, standalone_mode=False)
        except click.ClickException as wrong:
            raise CommandError(wrong.format_message()) from wrong
        except click.Abort:
            raise CommandError("Nothing was done.") from None

    def _database(self) -> str:
        try:
            return conf.settings_in_use().database
        except SettingsError as wrong:
            raise CommandError(wrong.hint) from wrong

    def _check(self) -> None:
        """Check the settings, and that the app lets sign-in through."""
        found: list[CheckMessage] = [*checks.check_settings(None), *checks.check_app(None)]
        for message in found:
            self.stderr.write(str(message))
        if any(message.is_serious() for message in found):
            raise CommandError("Sign-in would not work.")
        if conf.not_configured() is not None:
            raise CommandError("Nobody can sign in yet.")
        settings = conf.read_settings()
        self.stdout.write(f"The app lets sign-in through, at {settings.public_origin}{settings.public_prefix}/")
