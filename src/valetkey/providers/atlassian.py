"""Atlassian, over OAuth 2.0 (developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps)."""

from .record import Colors, Fields, OAuth2Record

atlassian = OAuth2Record(
    name="atlassian",
    title="Atlassian",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M7.12 11.08a.68.68 0 0 0-1.16.13L.08 22.97A.7.7 0 0 0 .7 24h8.2a.7.7 0 0 0 .62-.39c1.77-3.65.7-9.2-2.4-12.52zM"
        "11.43.38a15.5 15.5 0 0 0-.9 15.32l3.95 7.9a.7.7 0 0 0 .63.4h8.19a.7.7 0 0 0 .63-1.03L12.63.38a.66.66 0 0 0-1.2"
        " 0"
    ),
    colors=Colors(light=("#0052cc", "#ffffff"), dark=("#0052cc", "#ffffff")),  # atlassian.design/foundations/logos
    authorize_url="https://auth.atlassian.com/authorize",
    token_url="https://auth.atlassian.com/oauth/token",
    scopes=("read:me",),
    authorize_parameters={"audience": "api.atlassian.com", "prompt": "consent"},
    profile_url="https://api.atlassian.com/me",
    fields=Fields(subject="account_id", handle="nickname", name="name", picture="picture", email="email"),
)

RECIPE = atlassian.recipe(
    keys_from="https://developer.atlassian.com/console/myapps/",
    steps=(
        "Press *Create*, *OAuth 2.0 integration*. *Client ID* and *Secret* are under *Settings*.",
        "Add the *User identity API* under *Permissions*, with the scope `read:me`.",
        "Add the address as *Callback URL* under *Authorization*.",
        "Set *Distribution* to *Sharing*. Otherwise only you can sign in.",
    ),
    notes=(
        "The id is the same in every product of Atlassian's.",
        "Atlassian asks for the user's consent at each sign-in, because its documentation requires `prompt=consent`.",
        "No e-mail address counts as verified, because no page says what `email_verified` in the reply means.",
    ),
    unverified=(
        "The documentation sends the token request as JSON. A form is sent, as RFC 6749 has it.",
        "No page mentions PKCE.",
    ),
)
