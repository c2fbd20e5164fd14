"""Roblox, over OpenID Connect (create.roblox.com/docs/cloud/auth/oauth2-reference).

The ID token says who the user is: ``sub`` is the user's id, while the user may change both names.
"""

from ..protocols.discovery import ServerMetadata
from .record import Colors, Fields, OpenIDRecord, decimal

_FIELDS = Fields(subject="sub", id=decimal, handle="preferred_username", name="name", picture="picture")

roblox = OpenIDRecord(
    name="roblox",
    title="Roblox",
    icon="M18.93 24 0 18.9 5.08 0 24 5.1Zm-3.58-13.91-5.28-1.45-1.42 5.27 5.28 1.45z",  # Simple Icons 16.37.0, CC0 1.0
    colors=Colors(light=("#000000", "#ffffff"), dark=("#ffffff", "#000000")),
    metadata=ServerMetadata(  # https://apis.roblox.com/oauth/.well-known/openid-configuration
        issuer="https://apis.roblox.com/oauth/",
        authorize_url="https://apis.roblox.com/oauth/v1/authorize",
        token_url="https://apis.roblox.com/oauth/v1/token",
        keys_url="https://apis.roblox.com/oauth/v1/certs",
        userinfo_url="https://apis.roblox.com/oauth/v1/userinfo",
    ),
    scopes=("openid", "profile"),
    client_authentication="post",
    algorithms=("ES256",),
    reads_userinfo=True,
    fields=_FIELDS,
    describe=_FIELDS,
    choose_account="prompt=select_account",
)

RECIPE = roblox.recipe(
    keys_from="https://create.roblox.com/dashboard/credentials?activeTab=OAuthTab",
    steps=(
        "Create an app under *OAuth 2.0 Apps*.",
        "Choose the scopes `openid` and `profile`.",
        "Add the address under *Redirect URLs*.",
    ),
    notes=(
        "Ten users may sign in until Roblox has reviewed the app.",
        "A code is valid for one minute.",
        "The picture is read at UserInfo.",
    ),
    unverified=("How Cancel comes back.", "Whether an ID token has the picture, too.", "The colors of the button."),
)
