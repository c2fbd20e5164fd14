"""Heroku, over OAuth 2.0 (devcenter.heroku.com/articles/oauth)."""

from .record import Colors, Fields, OAuth2Record

heroku = OAuth2Record(
    name="heroku",
    title="Heroku",
    icon=(  # our own drawing
        "M5 0h14a2.4 2.4 0 0 1 2.4 2.4v19.2A2.4 2.4 0 0 1 19 24H5a2.4 2.4 0 0 1-2.4-2.4V2.4A2.4 2.4 0 0 1 5 0zM6.4 3."
        "6v10.6c2.2-1.2 4.6-2.1 7.2-2.1 1.1 0 1.6.4 1.6 1.3v7h2.4v-7.2c0-2.4-1.3-3.5-3.6-3.5-1.9 0-3.7.4-5.2 1V3.6zM6"
        ".4 15.6v4.8L9 18zM15 3.6c-.3 1.5-1 3-2.2 4.4h2.5c1.2-1.3 2-2.8 2.3-4.4z"
    ),
    colors=Colors(light=("#430098", "#ffffff"), dark=("#ffffff", "#430098")),  # Heroku's purple
    authorize_url="https://id.heroku.com/oauth/authorize",
    token_url="https://id.heroku.com/oauth/token",
    scopes=("identity",),
    # devcenter.heroku.com/articles/platform-api-reference: the version of the API.
    headers={"Accept": "application/vnd.heroku+json; version=3"},
    profile_url="https://api.heroku.com/account",
    # "verified" is about billing since 2013 (devcenter.heroku.com/changelog-items/284). It is not about the address.
    fields=Fields(subject="id", name="name", email="email"),
)

RECIPE = heroku.recipe(
    keys_from="https://dashboard.heroku.com/account/applications",
    steps=(
        "Press *Register new API client*, and enter the address as *OAuth callback URL*.",
        "Copy *Client ID* and *Client Secret*.",
    ),
    notes=("No e-mail address counts as verified: Heroku's `verified` is about billing.",),
    unverified=(
        "No page mentions PKCE.",
        "The colors of the button.",
        "No page says what comes back when the user refuses; `access_denied` is expected.",
    ),
)
