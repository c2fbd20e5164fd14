"""Open Bank Project, over OAuth 1.0a (github.com/OpenBankProject/OBP-API, glossary item "OAuth 1.0a").

Each bank or sandbox has its own server, keys and ids of users.
"""

from .record import Colors, Fields, OAuth1Record

openbankproject = OAuth1Record(
    name="openbankproject",
    title="Open Bank Project",
    icon=(  # our own drawing: a bank
        "M12 2L2 8v2h20V8zM4 12v7h3v-7zm6.5 0v7h3v-7zM17 12v7h3v-7zM2 21v2h20v-2z"
    ),
    colors=Colors(light=("#1f6f57", "#ffffff"), dark=("#1f6f57", "#ffffff")),  # our own choice
    request_token_url="/oauth/initiate",
    authorize_url="/oauth/authorize",
    access_token_url="/oauth/token",
    signature_method="HMAC-SHA256",
    profile_url="/obp/v4.0.0/users/current",
    fields=Fields(subject="user_id", handle="username", email="email"),
)

RECIPE = openbankproject.recipe(
    keys_from="https://github.com/OpenBankProject/OBP-API/wiki",
    steps=(
        "Set `VALETKEY_OPENBANKPROJECT_BASE` to the address of the server.",
        "Register your app at the path `/consumer-registration` of that server, with the callback URL under "
        "*Redirect URL*.",
        "Copy the *Consumer Key* and the *Consumer Secret*.",
    ),
    notes=("A user who cancels stays on a page of the server, and closes the window.",),
    unverified=("No page says whether servers newer than October 2024 still offer OAuth 1.0a.",),
    weakness=(
        "Once a user has approved a sign-in, the server gives its verifier to any other visitor who opens the same "
        "address. So an attacker who begins a sign-in and makes a victim approve it can finish it as the victim. "
        "Use it only where you know the server's users."
    ),
)
