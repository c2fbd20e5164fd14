"""django-oauth-toolkit: PKCE is required, and users sign in on the pages of Django's admin."""

from __future__ import annotations

from typing import Any

from django_base import configure
from serving import SCOPES, Order, order, private_key, serve


def fill(ordered: Order) -> None:
    from django.contrib.auth.models import User
    from oauth2_provider.models import Application

    for person in ordered.people:
        User.objects.create_superuser(
            person.handle, person.email, person.password, first_name=person.first, last_name=person.last
        )
    for one in ordered.clients:
        Application.objects.create(
            client_id=one.id,
            client_secret=one.secret,
            client_type="confidential",
            authorization_grant_type="authorization-code",
            redirect_uris=" ".join(one.callbacks),
            name=one.id,
            algorithm="RS256",
        )


def main() -> None:
    provider = {
        "OIDC_ENABLED": True,
        "OIDC_RSA_PRIVATE_KEY": private_key(),
        "SCOPES": {scope: scope for scope in SCOPES},
    }
    settings = configure(
        apps=["django.contrib.admin", "oauth2_provider"],
        LOGIN_URL="/admin/login/",
        OAUTH2_PROVIDER=provider,
    )
    from django.contrib import admin
    from django.core.wsgi import get_wsgi_application
    from django.urls import include, path
    from oauth2_provider.oauth2_validators import OAuth2Validator

    class WithClaims(OAuth2Validator):
        oidc_claim_scope = None

        def get_additional_claims(self, request: Any) -> dict[str, object]:
            user = request.user
            return {"preferred_username": user.username, "name": user.get_full_name(), "email": user.email}

    provider["OAUTH2_VALIDATOR_CLASS"] = WithClaims
    settings.ROOT_URLCONF = (path("admin/", admin.site.urls), path("o/", include("oauth2_provider.urls")))
    fill(order())
    serve(get_wsgi_application())


if __name__ == "__main__":
    main()
