"""Auth0, over OpenID Connect (auth0.com/docs/secure/tokens/id-tokens), at the tenant that the app names."""

from .record import Colors, OpenIDRecord

auth0 = OpenIDRecord(
    name="auth0",
    title="Auth0",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M21.98 7.45 19.62 0H4.35L2.02 7.45a10.9 10.9 0 0 0 3.82 12.01L12 24l6.15-4.55a10.9 10.9 0 0 0 3.82-12.02l-6.16"
        " 4.58 2.34 7.45-6.15-4.6-6.16 4.59L8.2 12 2 7.46l7.64-.04L12 0l2.35 7.4z"
    ),
    # White on this orange has a contrast of 3.6:1, black 5.8:1.
    colors=Colors(light=("#eb5424", "#000000"), dark=("#eb5424", "#000000")),
    issuer_form=r".*/",
    issuer_example="https://tenant.eu.auth0.com/",
    algorithms=None,
    reads_userinfo=True,
    choose_account="prompt=login",
)

RECIPE = auth0.recipe(
    keys_from="https://manage.auth0.com/",
    steps=(
        "Create an application: *Regular Web Applications*.",
        "Add the address under *Allowed Callback URLs*.",
        "Set `AUTH0_ISSUER` to the domain as an address, with the slash at its end.",
    ),
    notes=(
        "ID tokens must be signed with RS256 (*Advanced Settings, OAuth*), which is the default.",
        "The same user by another connection has another id, such as `google-oauth2|…` and `auth0|…`, unless the "
        "tenant links the two.",
    ),
    unverified=("Which client authentication a tenant refuses.", "The colors of the button."),
    may_be_public=True,
)
