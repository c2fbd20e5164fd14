"""Asana, over OAuth 2.0 (developers.asana.com/docs/oauth, .../reference/getuser)."""

from .record import Colors, Fields, OAuth2Record, decimal

asana = OAuth2Record(
    name="asana",
    title="Asana",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M18.78 12.653c-2.882 0-5.22 2.336-5.22 5.22s2.338 5.22 5.22 5.22 5.22-2.34 5.22-5.22-2.336-5.22-5.22-5.22zm-13"
        ".56 0c-2.88 0-5.22 2.337-5.22 5.22s2.338 5.22 5.22 5.22 5.22-2.338 5.22-5.22-2.336-5.22-5.22-5.22zm12-6.525c0 "
        "2.883-2.337 5.22-5.22 5.22-2.882 0-5.22-2.337-5.22-5.22 0-2.88 2.338-5.22 5.22-5.22 2.883 0 5.22 2.34 5.22 5.2"
        "2z"
    ),
    # asana.com/brand. White on the coral has 3.0:1; black has 7.0:1.
    colors=Colors(light=("#f06a6a", "#000000"), dark=("#f06a6a", "#000000")),
    authorize_url="https://app.asana.com/-/oauth_authorize",
    token_url="https://app.asana.com/-/oauth_token",
    scopes=("users:read",),
    profile_url="https://app.asana.com/api/1.0/users/me",
    fields=Fields(
        subject="data.gid", id=decimal, name="data.name", picture="data.photo.image_128x128", email="data.email"
    ),
)

RECIPE = asana.recipe(
    keys_from="https://app.asana.com/0/my-apps",
    steps=(
        "Create an app, and copy the *Client ID* and the *Client secret*.",
        "Under *OAuth*, add the address to *Redirect URLs*, and choose the scope `users:read`.",
        "Under *Manage distribution*, choose the workspaces whose users may sign in, or *Any workspace*.",
    ),
    notes=("An app with *Full permissions* cannot ask for a scope, so choose single scopes.",),
    unverified=(
        "No page says what comes back when the user refuses; `access_denied` is expected.",
        "That an app with *Full permissions* refuses `users:read` is from reports of developers.",
    ),
)
