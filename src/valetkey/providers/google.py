"""Google, over OpenID Connect (developers.google.com/identity/openid-connect/openid-connect).

The ID token says who the user is, so a login needs no profile request.
"""

from __future__ import annotations

from ..crypto import Secret
from ..protocols.discovery import ServerMetadata
from ..protocols.oauth2 import ClientCredentials
from ..protocols.oidc import OpenIDConnect
from .appearance import Colors
from .base import Provider
from .claims import read_claims
from .recipe import Recipe, client_variables, elsewhere_variables

_ISSUER, _API = "https://accounts.google.com", "https://oauth2.googleapis.com"
_METADATA = ServerMetadata(  # {_ISSUER}/.well-known/openid-configuration
    issuer=_ISSUER,
    authorize_url=f"{_ISSUER}/o/oauth2/v2/auth",
    token_url=f"{_API}/token",
    keys_url="https://www.googleapis.com/oauth2/v3/certs",
)

# A ring that is open at the right, with a bar: our own drawing of the letter G.
_ICON = "M22 10.5H12.2v3.7h5.6a6 6 0 1 1-1.5-6.4l2.7-2.7A9.9 9.9 0 1 0 22 12z"


def google(*, client_id: str, client_secret: Secret, base: str | None = None, issuer: str | None = None) -> Provider:
    """Google as a provider.

    Args:
        client_id: the app's client id.
        client_secret: its secret.
        base: another server in Google's place, which is discovered.
        issuer: what that server names itself, if it is not ``base``. It is discovered there.
    """
    elsewhere = base or issuer
    return Provider(
        name="google",
        title="Google",
        icon=_ICON,
        # developers.google.com/identity/branding-guidelines: fill and text of the light and of the dark theme.
        colors=Colors(light=("#ffffff", "#1f1f1f"), dark=("#131314", "#e3e3e3")),
        protocol=OpenIDConnect(
            credentials=ClientCredentials(identifier=client_id, secret=client_secret),
            issuer=issuer or base or _ISSUER,
            metadata=None if elsewhere else _METADATA,
            client_authentication="post",
            # The same page, "Validating an ID token": iss has one of two spellings.
            other_issuers=() if elsewhere else ("accounts.google.com",),
        ),
        identify=read_claims,
        choose_account="prompt=select_account",
    )


RECIPE = Recipe(
    name="google",
    title="Google",
    make=google,
    variables=(*client_variables("google"), *elsewhere_variables("google")),
    keys_from="https://console.cloud.google.com/apis/credentials",
)
