"""Figma, over OAuth 2.0 (developers.figma.com/docs/rest-api/authentication)."""

from .record import Colors, Fields, OAuth2Record

figma = OAuth2Record(
    name="figma",
    title="Figma",
    icon=(  # our own drawing
        "M11.7.6v7.2H8.1a3.6 3.6 0 0 1 0-7.2zM12.3.6h3.6a3.6 3.6 0 0 1 0 7.2h-3.6zM11.7 8.4v7.2H8.1a3.6 3.6 0 0 1 0-7"
        ".2zM15.9 8.4a3.6 3.6 0 1 1 0 7.2 3.6 3.6 0 1 1 0-7.2zM11.7 16.2v3.6a3.6 3.6 0 1 1-3.6-3.6z"
    ),
    # figma.com/using-the-figma-brand. White on Figma's orange would have a contrast of 3.6.
    colors=Colors(light=("#1e1e1e", "#ffffff"), dark=("#ffffff", "#1e1e1e")),
    authorize_url="https://www.figma.com/oauth",
    token_url="https://api.figma.com/v1/oauth/token",
    scopes=("current_user:read",),
    client_authentication="basic",
    requires_token_type=False,
    profile_url="https://api.figma.com/v1/me",
    # "handle" is the display name (.../rest-api/users-types). Figma says of no address whether it is verified.
    fields=Fields(subject="id", name="handle", picture="img_url", email="email"),
)

RECIPE = figma.recipe(
    keys_from="https://www.figma.com/developers/apps",
    steps=(
        "Press *Create a new app*, and copy *Client ID* and *Client secret*. Figma shows the secret once.",
        "Add the address under *Redirect URLs*, and tick `current_user:read` under *OAuth scopes*.",
    ),
    notes=("Figma reviews an app before users outside your team can sign in with it.",),
    unverified=(
        "No page shows a whole reply of the token endpoint, so a reply without `token_type` is accepted.",
        "No page says what comes back when the user refuses; `access_denied` is expected.",
    ),
)
