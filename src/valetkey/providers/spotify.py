"""Spotify, over OAuth 2.0 (developer.spotify.com/documentation/web-api/tutorials/code-flow)."""

from .record import Colors, Fields, OAuth2Record

spotify = OAuth2Record(
    name="spotify",
    title="Spotify",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M12 0C5.4 0 0 5.4 0 12s5.4 12 12 12 12-5.4 12-12S18.66 0 12 0m5.52 17.34c-.24.36-.66.48-1.02.24q-4.24-2.6-10.5"
        "6-1.14c-.42.12-.78-.18-.9-.54-.12-.42.18-.78.54-.9 4.56-1.02 8.52-.6 11.64 1.32.42.18.48.66.3 1.02m1.44-3.3c-."
        "3.42-.84.6-1.26.3a15.6 15.6 0 0 0-11.94-1.38c-.48.12-1.02-.12-1.14-.6s.12-1.02.6-1.14c4.38-1.32 9.78-.66 13.5 "
        "1.62.36.18.54.78.24 1.2m.12-3.36C15.24 8.4 8.82 8.16 5.16 9.3c-.6.18-1.2-.18-1.38-.72-.18-.6.18-1.2.72-1.38 4."
        "26-1.26 11.28-1.02 15.72 1.62.54.3.72 1.02.42 1.56-.3.42-1.02.6-1.56.3"
    ),
    colors=Colors(light=("#1ed760", "#000000"), dark=("#1ed760", "#000000")),  # .../documentation/design
    authorize_url="https://accounts.spotify.com/authorize",
    token_url="https://accounts.spotify.com/api/token",
    scopes=("user-read-email",),
    client_authentication="basic",
    profile_url="https://api.spotify.com/v1/me",
    # .../web-api/references/changes/may-2026: "account_id" stays, and "id" is the user name of older accounts.
    fields=Fields(subject="account_id", name="display_name", picture="images.0.url", email="email"),
    choose_account="show_dialog=true",
)

RECIPE = spotify.recipe(
    keys_from="https://developer.spotify.com/dashboard",
    steps=(
        "Create an app, and choose *Web API*.",
        "Add the address under *Redirect URIs*. Spotify takes https and `http://127.0.0.1`, and not `localhost`.",
        "Under *Settings*, copy the *Client ID* and the *Client secret*.",
        "In development mode, add the users who may sign in under *User Management*.",
    ),
    notes=(
        "The subject is `account_id`, which Spotify asks apps to link accounts by since May 2026. `id` may change.",
        "In development mode a new app has five users at most, and its owner must have Spotify Premium.",
    ),
    unverified=("That an app in development mode gets no e-mail address is from reports of developers.",),
)
