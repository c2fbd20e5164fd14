"""Microsoft, over OpenID Connect (learn.microsoft.com/entra/identity-platform/v2-protocols-oidc).

How this works. Every organization has a tenant, and personal accounts share one. An app signs in the users of one
tenant, or of many. An app for many does not know the issuer beforehand: the metadata says ``…/{tenantid}/v2.0``, and a
token's ``iss`` has its own tenant there. So the ID token must name the issuer that belongs to its ``tid`` ("Access
tokens in the Microsoft identity platform", "Validate the issuer").

An e-mail address is not verified: a tenant's administrator may write any address into a user's entry. An app may ask
for the optional claim ``xms_edov``, a Boolean value, which says that the address is in a domain that the tenant has
verified ("Optional claims reference").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from ..crypto import Secret
from ..errors import ProviderReplyInvalid, SettingsError
from ..models import Profile
from ..protocols.discovery import ServerMetadata
from ..protocols.grammar import lower
from ..protocols.oauth2 import ClientCredentials
from ..protocols.openid import OpenIDConnect
from .record.appearance import Colors
from .record.claims import is_true, read_claims
from .record.provider import Provider
from .record.recipe import Recipe, Variable, client_variables, elsewhere_variables

BASE = "https://login.microsoftonline.com"

# "ID token claims reference", tid: the tenant of every personal account.
_PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"
_GUID = re.compile(r"(?!0{8}-0{4}-0{4}-0{4}-0{12})[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# Words in the place of a tenant ("OpenID Connect on the Microsoft identity platform", "Find your app's OpenID
# configuration document URI").
_WORDS = ("common", "organizations", "consumers")

# Four squares: our own drawing.
_ICON = "M3 3h8.5v8.5H3zm9.5 0H21v8.5h-8.5zM3 12.5h8.5V21H3zm9.5 0H21V21h-8.5z"


def microsoft(
    *,
    client_id: str,
    client_secret: Secret,
    tenant: str = "common",
    base: str | None = None,
    issuer: str | None = None,
) -> Provider:
    """Microsoft as a provider.

    Args:
        client_id: the app's Application (client) ID.
        client_secret: its secret.
        tenant: whose users may sign in: ``common``: everyone; ``organizations``: work and school accounts;
            ``consumers``: personal accounts; or a Directory (tenant) ID: the users of this tenant.
        base: another server in Microsoft's place, which is discovered at ``{base}/{tenant}/v2.0``.
        issuer: what that server names itself, if that is not ``{base}/{tenant}/v2.0``. It is discovered there, and
            every ID token must name it.

    Raises:
        SettingsError: ``tenant`` is none of these.
    """
    named = lower(tenant) if _GUID.fullmatch(tenant) else tenant
    if named not in _WORDS and not _GUID.fullmatch(named):
        # A domain would not say which issuer a token must name.
        raise SettingsError(
            f"MICROSOFT_TENANT: say {', '.join(_WORDS)}, or give the Directory (tenant) ID that the overview page of "
            "the app shows, such as 8eaef023-2b34-4da1-9baa-8bc8c9d6a490. A domain name is not enough."
        )
    site = base or BASE
    return Provider(
        name="microsoft",
        title="Microsoft",
        icon=_ICON,
        # "Sign-in: branding guidelines for applications", light and dark theme.
        colors=Colors(light=("#ffffff", "#5e5e5e"), dark=("#2f2f2f", "#ffffff")),
        protocol=OpenIDConnect(
            credentials=ClientCredentials(identifier=client_id, secret=client_secret),
            issuer=issuer or f"{site}/{named}/v2.0",
            metadata=None if base or issuer else _metadata(named),
            # The metadata of a word names a template, and that of consumers the tenant of personal accounts.
            metadata_issuer=None if issuer else f"{site}/{_PERSONAL if named == 'consumers' else '{tenantid}'}/v2.0",
            expected_issuer=_issuer_of(issuer or f"{site}/{{tenantid}}/v2.0", named),
            client_authentication="post",
        ),
        identify=identify,
        choose_account="prompt=select_account",
    )


def _metadata(tenant: str) -> ServerMetadata:
    site = f"{BASE}/{tenant}"
    return ServerMetadata(  # {site}/v2.0/.well-known/openid-configuration
        issuer=f"{site}/v2.0",
        authorize_url=f"{site}/oauth2/v2.0/authorize",
        token_url=f"{site}/oauth2/v2.0/token",
        keys_url=f"{site}/discovery/v2.0/keys",
    )


def _issuer_of(template: str, tenant: str) -> Callable[[Mapping[str, object]], str]:
    """Which issuer an ID token must name, from its ``tid``."""

    def expected(claims: Mapping[str, object]) -> str:
        tid = _guid(claims.get("tid"), "tid")
        personal = tid == _PERSONAL
        allowed = {"common": True, "organizations": not personal, "consumers": personal}.get(tenant, tid == tenant)
        if not allowed:
            raise ProviderReplyInvalid("The ID token is of a tenant that MICROSOFT_TENANT does not allow.")
        return template.replace("{tenantid}", tid)

    return expected


def identify(claims: Mapping[str, object]) -> Profile:
    """Read the claims of an ID token ("ID token claims reference").

    The subject is ``tid`` and ``oid``, in lower case and with a dot between them: ``oid`` alone is an id inside a
    tenant, and ``sub`` differs from app to app.

    Raises:
        ProviderReplyInvalid: ``tid`` or ``oid`` is missing or malformed.
    """
    subject = f"{_guid(claims.get('tid'), 'tid')}.{_guid(claims.get('oid'), 'oid')}"
    profile = read_claims(claims, subject=subject)
    return replace(profile, email_verified=profile.email is not None and is_true(claims.get("xms_edov")))


def _guid(value: object, name: str) -> str:
    if not isinstance(value, str) or not _GUID.fullmatch(value):
        raise ProviderReplyInvalid(f"The ID token lacks a usable {name}.")
    return lower(value)


RECIPE = Recipe(
    name="microsoft",
    title="Microsoft",
    make=microsoft,
    variables=(
        *client_variables("microsoft"),
        Variable(
            "MICROSOFT_TENANT",
            "tenant",
            "text",
            about="who may sign in: `common` (default), everyone with a Microsoft account; `organizations`, work and "
            "school accounts; `consumers`, personal accounts; or a *Directory (tenant) ID*. A domain name is not "
            "enough: it does not say which issuer a token must name",
        ),
        *elsewhere_variables("microsoft"),
    ),
    keys_from="https://entra.microsoft.com, under App registrations.",
    steps=(
        "Register an app. Its platform is *Web*, and its redirect URI is the address.",
        "Under *Certificates & secrets*, create a client secret. Copy its **value**, and not its id.",
        "The *Application (client) ID* is the client id.",
    ),
    notes=(
        "The subject is the tenant's id and the user's object id, `{tid}.{oid}`, both in lower case. It is the same in "
        "all your apps.",
        "An ID token must name the issuer of its own tenant, and a tenant that `MICROSOFT_TENANT` allows.",
        "An administrator may write any address into a user's entry, so it is not verified, unless your app asks "
        "for the optional claim `xms_edov` and it is true. Never match users by it.",
    ),
)
