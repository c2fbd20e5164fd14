"""Mastodon, over OAuth 2.0 (docs.joinmastodon.org/methods/oauth), at one server that the app names."""

from .record import Colors, Fields, OAuth2Record

mastodon = OAuth2Record(
    name="mastodon",
    title="Mastodon",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M23.27 5.31c-.35-2.57-2.62-4.6-5.3-5C17.5.24 15.78 0 11.8 0h-.03C7.8 0 6.95.24 6.5.3 3.88.7 1.5 2.53.92 5.14a1"
        "6 16 0 0 0-.26 4c.08 1.88.09 3.75.26 5.61q.18 1.86.62 3.68c.55 2.24 2.78 4.1 4.96 4.86a13.4 13.4 0 0 0 8.04.17"
        "c.59-.19 1.27-.4 1.78-.76l.02-.04v-1.8l-.02-.05h-.05a20 20 0 0 1-4.7.54c-2.73 0-3.47-1.29-3.68-1.82a6 6 0 0 1-"
        ".32-1.43.05.05 0 0 1 .07-.06q2.29.54 4.63.55l1.13-.01c1.57-.05 3.22-.13 4.76-.42l.11-.03c2.44-.46 4.76-1.92 5-"
        "5.6l.02-1.67c0-.51.17-3.63-.02-5.55m-3.75 9.2h-2.56V8.29q0-1.96-1.67-1.98-1.85.01-1.85 2.35v3.4H10.9v-3.4q0-2."
        "35-1.85-2.35-1.67 0-1.67 1.98v6.22H4.82V8.1q0-1.98 1.01-3.13 1.05-1.16 2.74-1.16 1.97 0 2.97 1.5l.63 1.06.64-1"
        ".06q1-1.5 2.96-1.5 1.7.01 2.74 1.16a4.6 4.6 0 0 1 1.01 3.12z"
    ),
    # joinmastodon.org/branding. White on the lighter #6364ff has a contrast of 4.4:1.
    colors=Colors(light=("#563acc", "#ffffff"), dark=("#563acc", "#ffffff")),
    authorize_url="/oauth/authorize",
    token_url="/oauth/token",
    scopes=("profile",),
    profile_url="/api/v1/accounts/verify_credentials",
    fields=Fields(subject="id", handle="username", name="display_name", picture="avatar"),
    choose_account="force_login=true",
)

RECIPE = mastodon.recipe(
    keys_from="valetkey register mastodon, or the server's Preferences, Development",
    steps=(
        "Set `VALETKEY_MASTODON_BASE` to the server's address, such as `https://mastodon.social`.",
        "Run `valetkey register mastodon`. It registers your app with the server, and prints its keys.",
    ),
    notes=(
        "An app has one server, and its users are those of this server.",
        "The server must have Mastodon 4.3 or later, which knows the scope `profile`.",
    ),
)
