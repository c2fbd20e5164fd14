"""The sign-in accounts in Django's admin: read-only, with an action that signs them out everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from ...errors import AccountNotFound
from ...models import Identity
from .conf import sign_in
from .models import SignInAccount
from .signals import sign_out_everywhere

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[SignInAccount]
else:
    ModelAdmin = admin.ModelAdmin


def _shown(identity: Identity) -> str:
    """The user at the provider, with the e-mail address in parentheses."""
    shown = identity.handle or identity.name or identity.subject
    if identity.email is None:
        return shown
    return f"{shown} ({identity.email})" if identity.email_verified else f"{shown} ({identity.email}, not verified)"


@admin.register(SignInAccount)
class SignInAccountAdmin(ModelAdmin):
    list_display = ("user", "account_id", "created_at")
    list_select_related = ("user",)
    search_fields = ("=account_id",)
    date_hierarchy = "created_at"
    fields = readonly_fields = ("user", "account_id", "created_at", "identities", "devices")
    actions = ("sign_out",)

    def get_search_fields(self, request: HttpRequest) -> Any:
        return (*self.search_fields, f"user__{get_user_model().USERNAME_FIELD}")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @admin.action(description=_("Sign out everywhere"), permissions=["change"])
    def sign_out(self, request: HttpRequest, queryset: QuerySet[SignInAccount]) -> None:
        for account in queryset:
            sign_out_everywhere(account.account_id)
        self.message_user(request, _("Signed out everywhere, within a second."))

    @admin.display(description=_("identities"))
    def identities(self, account: SignInAccount) -> str:
        try:
            found = sign_in().accounts.get(account.account_id)
        except AccountNotFound:
            return "-"
        return format_html_join(", ", "{} {}", ((one.provider, _shown(one)) for one in found.identities)) or "-"

    @admin.display(description=_("devices"))
    def devices(self, account: SignInAccount) -> str:
        found = sign_in().sessions.list(account.account_id)
        return format_html_join(", ", "{} ({})", ((one.device_name or "?", one.network or "?") for one in found)) or "-"
