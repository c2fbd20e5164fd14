"""Plurk, over OAuth 1.0a (plurk.com/API)."""

from .record import Colors, Fields, OAuth1Record, number

plurk = OAuth1Record(
    name="plurk",
    title="Plurk",
    icon=(  # our own drawing: the letter P in a speech bubble
        "M3 2h18v15h-7l-5 5v-5H3zm6 3v8h2.5v-2.5H13a2.75 2.75 0 0 0 0-5.5zm2.5 2H13a.75.75 0 0 1 0 1.5h-1.5z"
    ),
    # plurk.com/brandInfo. White on this red has a contrast of 3.1:1 only.
    colors=Colors(light=("#ff574d", "#000000"), dark=("#ff574d", "#000000")),
    request_token_url="https://www.plurk.com/OAuth/request_token",
    authorize_url="https://www.plurk.com/OAuth/authorize",
    access_token_url="https://www.plurk.com/OAuth/access_token",
    profile_url="https://www.plurk.com/APP/Users/me",
    fields=Fields(subject="id", id=number, handle="nick_name", name="display_name", picture="avatar_big"),
)

RECIPE = plurk.recipe(
    keys_from="https://www.plurk.com/PlurkApp/register",
    steps=(
        "Register an app, and enter the callback URL.",
        "Copy the *App key* as the consumer key and the *App secret* as the consumer secret.",
    ),
    notes=("valetkey reads no e-mail address from Plurk: its pages do not say which flag means a verified one.",),
    unverified=(
        "No page shows that Plurk confirms the callback URL with `oauth_callback_confirmed`. Without it, valetkey "
        "refuses the sign-in.",
        "No page says how Plurk sends back a user who refuses.",
        "The fields at the portal may have other names.",
    ),
)
