"""The app's configuration. It connects to nothing: the sign-in is built when Django loads the middleware."""

from __future__ import annotations

from contextlib import suppress

from django.apps import AppConfig
from django.core.signals import setting_changed
from django.utils.translation import gettext_lazy as _

from ...errors import SettingsError
from ...web.records import records
from . import conf


class ValetkeyConfig(AppConfig):
    name = "valetkey.frameworks.django"
    label = "valetkey"
    verbose_name = _("Sign-in")

    def ready(self) -> None:
        from . import checks, error_reports, signals, starting

        checks.register()
        signals.connect()
        starting.connect()
        error_reports.connect()
        setting_changed.connect(conf.forget, dispatch_uid="valetkey.setting_changed")
        with suppress(SettingsError):  # the check reports it
            # runserver logs the request line, which holds a callback's verifier.
            records.add(conf.read_settings())
