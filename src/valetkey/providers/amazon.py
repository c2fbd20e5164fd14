"""Amazon, over OAuth 2.0 (developer.amazon.com/docs/login-with-amazon/authorization-code-grant.html)."""

from .record import Colors, Fields, OAuth2Record

amazon = OAuth2Record(
    name="amazon",
    title="Amazon",
    icon=(  # our own drawing
        "M7.9 5.3c.4-2.5 2-3.9 4.6-3.9 3 0 4.7 1.6 4.7 4.6v4.6c0 1 .3 1.6 1 2.4l-2.6 2.1c-.6-.5-1-1-1.3-1.7-.9 1.1-2 "
        "1.7-3.4 1.7-2.3 0-3.8-1.4-3.8-3.8 0-3 2.4-4.3 6.8-4.4V6.2c0-1.2-.6-1.8-1.7-1.8-.9 0-1.4.5-1.6 1.4zM13.9 9.3c"
        "-2.3.1-3.4.8-3.4 2 0 .8.5 1.4 1.2 1.4 1.3 0 2.2-1.1 2.2-2.7zM1.6 16.9c5.5 4.1 12.8 4.6 18 1.8l-1.7-1.6 5.3-."
        "9-.9 5.4-1.5-1.9c-5.8 3.9-14.8 3.5-20-1.8z"
    ),
    colors=Colors(light=("#ff9900", "#000000"), dark=("#ff9900", "#000000")),  # the gold of Amazon's own buttons
    authorize_url="https://www.amazon.com/ap/oa",
    token_url="https://api.amazon.com/auth/o2/token",
    scopes=("profile",),
    profile_url="https://api.amazon.com/user/profile",
    # .../login-with-amazon/customer-profile.html: "user_id" belongs to the account.
    fields=Fields(subject="user_id", name="name", email="email"),
)

RECIPE = amazon.recipe(
    keys_from="https://developer.amazon.com/loginwithamazon/console/site/lwa/overview.html",
    steps=(
        "Press *Create a New Security Profile*, and give it a name and the address of your privacy notice.",
        "Open its *Web Settings*, and add the address under *Allowed Return URLs*.",
        "Copy *Client ID* and *Client Secret*.",
    ),
    notes=("All apps of one company get the same id of a user. Another company gets another one.",),
)
