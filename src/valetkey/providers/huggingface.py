"""Hugging Face, over OpenID Connect (huggingface.co/docs/hub/oauth)."""

from ..protocols.discovery import ServerMetadata
from .record import Colors, OpenIDRecord

_SITE = "https://huggingface.co"

huggingface = OpenIDRecord(
    name="huggingface",
    title="Hugging Face",
    icon=(  # our own drawing
        "M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20zM8.5 7.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3zm7 0a1.5 1.5 0 1 0 0 3 "
        "1.5 1.5 0 0 0 0-3zM6.5 13.5c1.2 6 9.8 6 11 0z"
    ),
    colors=Colors(light=("#ffd21e", "#000000"), dark=("#ffd21e", "#000000")),  # huggingface.co/brand
    metadata=ServerMetadata(
        issuer=_SITE,
        authorize_url=f"{_SITE}/oauth/authorize",
        token_url=f"{_SITE}/oauth/token",
        keys_url=f"{_SITE}/oauth/jwks",
        userinfo_url=f"{_SITE}/oauth/userinfo",
    ),
    client_authentication="basic",
    reads_userinfo=True,
)

RECIPE = huggingface.recipe(
    keys_from="https://huggingface.co/settings/applications/new",
    steps=(
        "Add the address under *Redirect URLs*, and tick the scopes `openid`, `profile` and `email`.",
        "Copy *Client ID* and *App Secret*. An app may have no secret.",
    ),
    notes=("The id stays when the user changes the user name.",),
    unverified=(
        "No page says whether ID tokens have the nonce that OpenID Connect requires; a login without it fails.",
        "No page says which claims ID tokens have, so UserInfo is read for what is missing.",
    ),
    may_be_public=True,
)
