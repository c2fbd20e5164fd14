"""LinkedIn, over OpenID Connect (learn.microsoft.com, "Sign In with LinkedIn using OpenID Connect")."""

from functools import partial

from ..protocols.discovery import ServerMetadata
from .record import Colors, OpenIDRecord
from .record.claims import is_true_or_text, read_claims

linkedin = OpenIDRecord(
    name="linkedin",
    title="LinkedIn",
    icon=(  # our own drawing
        "M4.8 2.3a2.4 2.4 0 1 0 0 4.8 2.4 2.4 0 1 0 0-4.8zM2.8 8.9h4v12.7h-4zM9.6 8.9h4v1.8c.8-1.3 2.2-2.2 4-2.2 3.3 "
        "0 4.8 2.2 4.8 5.8v7.3h-4v-7c0-1.8-.8-2.7-2.2-2.7-1.6 0-2.6 1.1-2.6 3v6.7h-4z"
    ),
    colors=Colors(light=("#0a66c2", "#ffffff"), dark=("#0a66c2", "#ffffff")),  # brand.linkedin.com
    metadata=ServerMetadata(  # www.linkedin.com/oauth/.well-known/openid-configuration
        issuer="https://www.linkedin.com/oauth",
        authorize_url="https://www.linkedin.com/oauth/v2/authorization",
        token_url="https://www.linkedin.com/oauth/v2/accessToken",
        keys_url="https://www.linkedin.com/oauth/openid/jwks",
    ),
    client_authentication="post",  # the metadata says nothing, and LinkedIn takes no other
    returns_nonce=False,
    pkce=False,
    identify=partial(read_claims, is_verified=is_true_or_text),
)

RECIPE = linkedin.recipe(
    keys_from="https://www.linkedin.com/developers/apps",
    steps=(
        "Create an app.",
        "Under *Products*, add *Sign In with LinkedIn using OpenID Connect*.",
        "Under *Auth*, add the address to *Authorized redirect URLs for your app*, and copy the *Client ID* and the "
        "*Primary Client Secret*.",
    ),
    notes=(
        "LinkedIn refuses PKCE from an app with a secret and returns no nonce. A code that an attacker puts into a "
        "user's login is found out by `state` and the login's cookie alone.",
        "The subject is the user's id in your app. Another app sees another one.",
        "The address of a picture expires.",
    ),
    unverified=("That LinkedIn refuses PKCE is from reports of developers.",),
)
