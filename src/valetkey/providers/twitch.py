"""Twitch, over OpenID Connect (dev.twitch.tv/docs/authentication/getting-tokens-oidc)."""

from ..protocols.discovery import ServerMetadata
from .record import Colors, OpenIDRecord

twitch = OpenIDRecord(
    name="twitch",
    title="Twitch",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M11.57 4.71h1.72v5.15h-1.72zm4.72 0H18v5.15h-1.71zM6 0 1.71 4.29V19.7h5.15V24l4.28-4.29h3.43L22.3 12V0zm14.57 "
        "11.14-3.43 3.43h-3.43l-3 3v-3H6.86V1.71h13.71Z"
    ),
    colors=Colors(light=("#9146ff", "#ffffff"), dark=("#9146ff", "#ffffff")),  # brand.twitch.tv
    metadata=ServerMetadata(  # id.twitch.tv/oauth2/.well-known/openid-configuration
        issuer="https://id.twitch.tv/oauth2",
        authorize_url="https://id.twitch.tv/oauth2/authorize",
        token_url="https://id.twitch.tv/oauth2/token",
        keys_url="https://id.twitch.tv/oauth2/keys",
    ),
    scopes=("openid", "user:read:email"),
    client_authentication="post",
    authorize_parameters={  # "Requesting claims": an ID token has no others
        "claims": '{"id_token":{"email":null,"email_verified":null,"picture":null,"preferred_username":null}}',
    },
    choose_account="force_verify=true",
)

RECIPE = twitch.recipe(
    keys_from="https://dev.twitch.tv/console/apps",
    steps=(
        "Register an application, with *Confidential* as its *Client Type*.",
        "Add the address under *OAuth Redirect URLs*.",
        "Under *Manage*, copy the *Client ID* and make a *New Secret*.",
    ),
    notes=("The handle is the user's display name, which the user may change.",),
    unverified=("Twitch does not say whether it checks PKCE.",),
)
