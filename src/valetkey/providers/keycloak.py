"""Keycloak, over OpenID Connect (keycloak.org/securing-apps/oidc-layers), at the realm that the app names."""

from .record import Colors, OpenIDRecord

keycloak = OpenIDRecord(
    name="keycloak",
    title="Keycloak",
    icon=(  # our own drawing: a key in a hexagon
        "M6.5 2h11L23 12l-5.5 10h-11L1 12zM11.3 11.1a2.9 2.9 0 1 0 0 1.8h2.9v1.9H16v-1.9h2.2v-1.8zM8.6 10.9a1.1 1.1 0"
        " 1 1 0 2.2 1.1 1.1 0 1 1 0-2.2z"
    ),
    colors=Colors(light=("#4d4d4d", "#ffffff"), dark=("#ffffff", "#4d4d4d")),
    issuer_form=r".*[^/]",
    issuer_example="https://keycloak.example.com/realms/example",
    algorithms=None,
    reads_userinfo=True,
    choose_account="prompt=login",
)

RECIPE = keycloak.recipe(
    keys_from="your Keycloak administrator, at Clients, Create client, OpenID Connect",
    steps=(
        "Create a client of the type *OpenID Connect*.",
        "Turn *Client authentication* on. Without it, the client is public and has no secret.",
        "Add the address under *Valid redirect URIs*, without a wildcard. The secret is under *Credentials*.",
    ),
    notes=(
        "Before version 17, the issuer has `/auth` in it: `https://keycloak.example.com/auth/realms/example`.",
        "The issuer has the host name that the server is set to. A server with two names has one issuer.",
        "Whether an address is verified is a switch of the realm's and of its administrators.",
    ),
    unverified=("The colors of the button.",),
    may_be_public=True,
)
