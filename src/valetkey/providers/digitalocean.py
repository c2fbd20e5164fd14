"""DigitalOcean, over OAuth 2.0 (docs.digitalocean.com/reference/api/oauth)."""

from .record import Colors, Fields, OAuth2Record

digitalocean = OAuth2Record(
    name="digitalocean",
    title="DigitalOcean",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M12.04 0A12 12 0 0 0 .01 12h4.63a7.4 7.4 0 0 1 10.07-6.86 7 7 0 0 1 4.14 4.15 7.38 7.38 0 0 1-6.84 10.06v-4.61"
        "H7.4v4.62H12V24c7.86 0 13.97-7.59 11.4-15.83A11.6 11.6 0 0 0 15.82.6a13 13 0 0 0-3.78-.6M7.39 19.36H3.83v3.57h"
        "3.56zm-3.56 0v-2.98H.85v2.98z"
    ),
    # White on DigitalOcean's blue, #0080ff, would have a contrast of 3.8.
    colors=Colors(light=("#0061eb", "#ffffff"), dark=("#0061eb", "#ffffff")),
    authorize_url="https://cloud.digitalocean.com/v1/oauth/authorize",
    token_url="https://cloud.digitalocean.com/v1/oauth/token",
    scopes=("account:read",),
    profile_url="https://api.digitalocean.com/v2/account",
    # docs.digitalocean.com/reference/api/digitalocean, "Get User Information": "uuid" is the user's, not the team's.
    fields=Fields(
        subject="account.uuid", name="account.name", email="account.email", verified="account.email_verified"
    ),
    choose_account="prompt=select_account",
)

RECIPE = digitalocean.recipe(
    keys_from="https://cloud.digitalocean.com/account/api/applications/new",
    steps=("Enter the address as *Callback URL*.", "Copy *Client ID* and *Client Secret*."),
    notes=("The user chooses a team when signing in. The id is the user's, not the team's.",),
    unverified=(
        "No page says that a user has the same id in each team.",
        "No page mentions PKCE.",
        "The colors of the button.",
    ),
)
