"""Discogs, over OAuth 1.0a (discogs.com/developers, "OAuth flow")."""

from .record import Colors, Fields, OAuth1Record, number

discogs = OAuth1Record(
    name="discogs",
    title="Discogs",
    icon=(  # our own drawing: a record
        "M12 1a11 11 0 1 0 0 22a11 11 0 0 0 0-22zm0 7a4 4 0 1 1 0 8a4 4 0 0 1 0-8zm0 3a1 1 0 1 0 0 2a1 1 0 0 0 0-2z"
    ),
    colors=Colors(light=("#333333", "#ffffff"), dark=("#ffffff", "#333333")),  # discogs.com/brand
    request_token_url="https://api.discogs.com/oauth/request_token",
    authorize_url="https://www.discogs.com/oauth/authorize",
    access_token_url="https://api.discogs.com/oauth/access_token",
    request_method="GET",
    profile_url="https://api.discogs.com/oauth/identity",
    fields=Fields(subject="id", id=number, handle="username"),
)

RECIPE = discogs.recipe(
    keys_from="https://www.discogs.com/settings/developers",
    steps=(
        "Choose *Create an application*.",
        "Enter the callback URL under *Callback URL*.",
        "Copy the *Consumer Key* and the *Consumer Secret*.",
    ),
    notes=(
        "Requests are signed with HMAC-SHA1. Discogs' own example is PLAINTEXT, which sends the secrets themselves.",
        "Discogs asks the user at each sign-in, and each one adds an entry to the user's list of applications.",
        "Discogs allows 60 requests a minute, and refuses a request without a `User-Agent`.",
    ),
    unverified=("No page of Discogs' says that it accepts HMAC-SHA1. Client libraries use it.",),
)
