"""Zotero, over OAuth 1.0a (zotero.org/support/dev/web_api/v3/oauth). The exchange says who the user is."""

from .record import Colors, Fields, OAuth1Record, decimal

zotero = OAuth1Record(
    name="zotero",
    title="Zotero",
    icon="M21.23 2.46 7.18 20.92h14.56V24H2.26v-2.46L16.3 3.08H2.98V0h18.25z",  # Simple Icons 16.37.0, CC0 1.0
    colors=Colors(light=("#cc2936", "#ffffff"), dark=("#cc2936", "#ffffff")),  # zotero.org/support/brand
    request_token_url="https://www.zotero.org/oauth/request",
    authorize_url="https://www.zotero.org/oauth/authorize",
    access_token_url="https://www.zotero.org/oauth/access",
    # Without it, Zotero makes an API key, which opens the user's library.
    authorize_parameters={"identity": "1"},
    fields=Fields(subject="userID", id=decimal, handle="username"),
)

RECIPE = zotero.recipe(
    keys_from="https://www.zotero.org/oauth/apps",
    steps=(
        "Choose *Register a New Application*.",
        "Enter the callback URL under *Callback URL*.",
        "Copy the *Client Key* as the consumer key and the *Client Secret* as the consumer secret.",
    ),
    notes=("valetkey asks for the identity alone, so Zotero makes no API key.",),
    unverified=(
        "No page shows the reply to an exchange for the identity alone. It should have `userID` and `username`, as "
        "every exchange has.",
        "No page says how Zotero sends back a user who refuses.",
    ),
)
