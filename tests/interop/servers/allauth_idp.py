"""django-allauth as an OpenID provider (``allauth.idp.oidc``)."""

from __future__ import annotations

from django_base import configure
from serving import SCOPES, Order, order, private_key, serve


def fill(ordered: Order) -> None:
    from allauth.account.models import EmailAddress
    from allauth.idp.oidc.models import Client
    from django.contrib.auth.models import User

    for person in ordered.people:
        user = User.objects.create_user(
            person.handle, person.email, person.password, first_name=person.first, last_name=person.last
        )
        EmailAddress.objects.create(user=user, email=person.email, verified=True, primary=True)
    for one in ordered.clients:
        client = Client(id=one.id, name=one.id)
        client.set_secret(one.secret)
        client.set_redirect_uris(one.callbacks)
        client.set_scopes([*SCOPES])
        client.set_grant_types(["authorization_code"])
        client.set_response_types(["code"])
        client.save()


def main() -> None:
    settings = configure(
        apps=["allauth", "allauth.account", "allauth.idp.oidc"],
        middleware=("allauth.account.middleware.AccountMiddleware",),
        AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
        IDP_OIDC_PRIVATE_KEY=private_key(),
        ACCOUNT_EMAIL_VERIFICATION="none",
        ACCOUNT_RATE_LIMITS=False,
    )
    from django.core.wsgi import get_wsgi_application
    from django.urls import include, path

    settings.ROOT_URLCONF = (path("accounts/", include("allauth.urls")), path("", include("allauth.idp.urls")))
    fill(order())
    serve(get_wsgi_application())


if __name__ == "__main__":
    main()
