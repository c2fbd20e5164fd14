"""Facebook, over OAuth 2.0 (developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow).

The profile says who the user is. ``id`` is the user's id in this app; in another app the same user has another one.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..crypto import Secret
from ..models import Profile
from ..protocols.oauth2 import ClientCredentials, OAuth2
from .appearance import Colors
from .base import Provider, readable
from .claims import decimal_of, email_of, object_of, picture_of
from .recipe import Recipe, client_variables, elsewhere_variables

# A version works for at least two years (developers.facebook.com/docs/graph-api/guides/versioning).
_VERSION = "v24.0"
# .../docs/graph-api/guides/secure-requests: with it, a token that was stolen elsewhere is of no use.
_PROOF = "appsecret_proof"
_SITE, _API = "https://www.facebook.com", "https://graph.facebook.com"

# The letter f, cut out of a disc: our own drawing.
_ICON = (
    "M12 2a10 10 0 0 0-2 19.8v-7.3H7.5v-3H10V9.3c0-2.5 1.5-4 3.9-4H16V8h-1.3c-1.2 0-1.6.6-1.6 1.4v2.1h2.8l-.5 3h-2.3"
    "v7.4A10 10 0 0 0 12 2z"
)


def facebook(*, client_id: str, client_secret: Secret, base: str | None = None, issuer: str | None = None) -> Provider:
    """Facebook as a provider.

    Args:
        client_id: the App ID.
        client_secret: the App Secret.
        base: another server in Facebook's place, for the pages and for the API.
        issuer: what that server sends as ``iss``, if it sends one (RFC 9207). Facebook sends none.
    """
    site, api = f"{base or _SITE}/{_VERSION}", f"{base or _API}/{_VERSION}"
    return Provider(
        name="facebook",
        title="Facebook",
        icon=_ICON,
        colors=Colors(light=("#0866ff", "#ffffff"), dark=("#0866ff", "#ffffff")),
        protocol=OAuth2(
            credentials=ClientCredentials(identifier=client_id, secret=client_secret),
            authorize_url=f"{site}/dialog/oauth",
            token_url=f"{api}/oauth/access_token",
            scopes=("public_profile", "email"),
            scope_separator=",",
            access_token_proof=_PROOF,
            issuer=issuer,
        ),
        identity_from="profile",
        profile_url=f"{api}/me?fields=id,name,email,picture",
        describe=describe,
        verifies_email=False,
    )


def describe(reply: Mapping[str, object]) -> Profile:
    """Read the reply of ``GET /me`` (developers.facebook.com/docs/graph-api/reference/user).

    Facebook does not say whether the e-mail address is verified, so it is not.

    Raises:
        ProviderReplyInvalid: ``id`` is missing or malformed.
    """
    return Profile(
        subject=decimal_of(reply.get("id")),
        name=readable(reply.get("name")),
        picture=picture_of(object_of(object_of(reply.get("picture")).get("data")).get("url")),
        email=email_of(reply.get("email")),
    )


RECIPE = Recipe(
    name="facebook",
    title="Facebook",
    make=facebook,
    variables=(*client_variables("facebook"), *elsewhere_variables("facebook")),
    keys_from="https://developers.facebook.com/apps",
)
