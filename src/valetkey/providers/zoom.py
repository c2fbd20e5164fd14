"""Zoom, over OAuth 2.0 (developers.zoom.us/docs/integrations/oauth)."""

from .record import Colors, Fields, OAuth2Record

zoom = OAuth2Record(
    name="zoom",
    title="Zoom",
    icon="M1 6h11.3a4 4 0 0 1 4 4v8H5a4 4 0 0 1-4-4zM17.5 10.4l5.5-4v11.2l-5.5-4z",  # our own drawing
    colors=Colors(light=("#0b5cff", "#ffffff"), dark=("#0b5cff", "#ffffff")),  # brand.zoom.us
    authorize_url="https://zoom.us/oauth/authorize",
    token_url="https://zoom.us/oauth/token",
    client_authentication="basic",
    profile_url="https://api.zoom.us/v2/users/me",
    # "verified" is about the account: "1 - Account verified" (marketplace.zoom.us/docs/api-reference, "Get a user").
    fields=Fields(subject="id", name="display_name", picture="pic_url", email="email"),
)

RECIPE = zoom.recipe(
    keys_from="https://marketplace.zoom.us/develop/create",
    steps=(
        "Create a *General App*, let it be *User-managed*, and copy *Client ID* and *Client Secret*.",
        "Add the address under *OAuth Redirect URL* and under *OAuth Allow Lists*.",
        "Add the scope `user:read:user` under *Scopes*.",
        "Publish the app before users of other accounts sign in.",
    ),
    notes=(
        "The scopes are those of the app. The address that users are sent to has none.",
        "No e-mail address counts as verified: Zoom's `verified` is about the account.",
    ),
    unverified=("No page says what comes back when the user refuses; `access_denied` is expected.",),
)
