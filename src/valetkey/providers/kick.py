"""Kick, over OAuth 2.1 (docs.kick.com/getting-started/generating-tokens-oauth2-flow).

The profile says who the user is: ``user_id`` never changes. ``name`` is the user's name at Kick.
"""

from .record import Colors, Fields, OAuth2Record, number

kick = OAuth2Record(
    name="kick",
    title="Kick",
    icon=(  # Simple Icons 16.37.0, CC0 1.0, made smaller
        "M3 1.9h6.75v4.5H12V4.15h2.25V1.9H21v6.75h-2.25v2.25H16.5v2.2h2.25v2.3H21v6.75h-6.75v-2.3H12v-2.25H9.75v4.55H3z"
    ),
    colors=Colors(light=("#53fc19", "#000000"), dark=("#53fc19", "#000000")),
    authorize_url="https://id.kick.com/oauth/authorize",
    token_url="https://id.kick.com/oauth/token",
    scopes=("user:read",),
    profile_url="https://api.kick.com/public/v1/users",
    fields=Fields(
        subject="data.0.user_id",
        id=number,
        handle="data.0.name",
        picture="data.0.profile_picture",
        email="data.0.email",
    ),
)

RECIPE = kick.recipe(
    keys_from="https://kick.com/settings/developer",
    steps=(
        "Turn on two-factor authentication for your account.",
        "Create an app under *Developer*, and add the address under *Redirect URL*.",
    ),
    unverified=("How Cancel comes back.", "The colors of the button."),
)
