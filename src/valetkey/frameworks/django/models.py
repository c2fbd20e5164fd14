"""The user of each account. Accounts, identities and sessions themselves are in valetkey's own database."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SignInAccount(models.Model):
    """The account of a user: ``user.sign_in_account.account_id``."""

    account_id: models.CharField[str, str] = models.CharField(
        _("account"), max_length=64, primary_key=True, editable=False
    )
    user: models.OneToOneField[Any, Any] = models.OneToOneField(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="sign_in_account"
    )
    created_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(_("first signed in"), auto_now_add=True)

    class Meta:
        verbose_name = _("sign-in account")
        verbose_name_plural = _("sign-in accounts")

    def __str__(self) -> str:
        return str(self.account_id)
