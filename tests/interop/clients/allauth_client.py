"""django-allauth as a client, in a Django site of its own, with PKCE switched on.

It sends no nonce, and it does not verify the signature of an ID token that comes from the token endpoint, as OIDC Core
§3.1.3.7 (6) allows.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.append(str(Path(__file__).parents[1] / "servers"))

from django_base import configure
from talking import Order, come_back, order, refuses, signed_in


def providers(ordered: Order) -> dict[str, Any]:
    app = {"client_id": ordered.id, "secret": ordered.secret}
    if ordered.is_github:
        return {"github": {"GITHUB_URL": ordered.base, "OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    named = {"provider_id": ordered.front, "name": ordered.front, "settings": {"server_url": ordered.base}}
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [{**app, **named}]}}


def main() -> None:
    ordered = order()
    kind = "github" if ordered.is_github else "openid_connect"
    settings = configure(
        apps=["allauth", "allauth.account", "allauth.socialaccount", f"allauth.socialaccount.providers.{kind}"],
        middleware=("allauth.account.middleware.AccountMiddleware",),
        AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
        ACCOUNT_EMAIL_VERIFICATION="none",
        SOCIALACCOUNT_PROVIDERS=providers(ordered),
        SOCIALACCOUNT_LOGIN_ON_GET=True,
    )
    from allauth.socialaccount.models import SocialAccount
    from django.test import Client
    from django.urls import include, path

    settings.ROOT_URLCONF = (path("accounts/", include("allauth.urls")),)
    where = urlsplit(ordered.callback)
    browser = Client(headers={"host": where.netloc})
    start = where.path.removesuffix("callback/")
    parts = urlsplit(come_back(browser.get(start).headers["Location"]))
    answer = browser.get(f"{parts.path}?{parts.query}")
    account = SocialAccount.objects.first()
    if account is None:
        return refuses(PermissionError(f"status {answer.status_code}"))
    user = account.extra_data.get("userinfo", account.extra_data)
    return signed_in(account.uid, user.get("name"), account.user.email)


if __name__ == "__main__":
    main()
