"""Okta, over OpenID Connect (developer.okta.com/docs/concepts/auth-servers), at the issuer that the app names."""

from .record import Colors, OpenIDRecord

okta = OpenIDRecord(
    name="okta",
    title="Okta",
    # Simple Icons 16.37.0, CC0 1.0
    icon="M12 0a12 12 0 1 0 0 24 12 12 0 0 0 0-24m0 18c-3.32 0-6-2.67-6-6s2.68-6 6-6a6 6 0 1 1 0 12",
    # White on Okta's own #007dc1 has a contrast of 4.46:1. This shade is darker.
    colors=Colors(light=("#0071b0", "#ffffff"), dark=("#0071b0", "#ffffff")),
    issuer_form=r"https?://(?![^/]*-admin\.).*[^/]",
    issuer_example="https://example.okta.com/oauth2/default",
    algorithms=None,
    reads_userinfo=True,
    choose_account="prompt=login",
)

RECIPE = okta.recipe(
    keys_from="your Okta administrator, at Applications, Create App Integration, OIDC, Web Application",
    steps=(
        "Create an app integration: *OIDC*, *Web Application*.",
        "Add the address under *Sign-in redirect URIs*.",
        "Assign it to users or groups.",
    ),
    notes=(
        "The issuer of the org is `https://example.okta.com`. A custom authorization server has an issuer of its own, "
        "such as `https://example.okta.com/oauth2/default`. It is under *Security, API, Authorization Servers*.",
        "Both issuers have the same user ids. So your app may change from one to the other.",
        "Beside an access token, the ID token lacks `email_verified`. So the address is read at UserInfo.",
    ),
    unverified=("Whether Okta sends `iss` with the code.", "The colors of the button."),
    may_be_public=True,
)
