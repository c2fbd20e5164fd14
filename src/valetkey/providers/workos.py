"""WorkOS, over OpenID Connect (workos.com/docs/reference/workos-connect), at the AuthKit domain that the app names."""

from .record import Colors, OpenIDRecord

workos = OpenIDRecord(
    name="workos",
    title="WorkOS",
    icon="M7.5 4h9l5 8-5 8h-9l-5-8zm1.7 3L6 12l3.2 5h5.6l3.2-5-3.2-5z",  # A hexagon: our own drawing
    colors=Colors(light=("#6363f1", "#ffffff"), dark=("#6363f1", "#ffffff")),
    issuer_form=r"https?://(?!api\.workos\.com).*[^/]",
    issuer_example="https://example.authkit.app",
    client_authentication="post",
    algorithms=None,
    reads_userinfo=True,
)

RECIPE = workos.recipe(
    keys_from="https://dashboard.workos.com/",
    steps=(
        "Create an *OAuth* application under *Connect*.",
        "Add the address under *Redirect URIs*.",
        "Set `WORKOS_ISSUER` to your AuthKit domain.",
    ),
    notes=(
        "`https://api.workos.com` is the API of AuthKit and no OpenID Connect issuer.",
        "There is no picture and no handle.",
    ),
    unverified=("How Cancel comes back.", "The colors of the button."),
    may_be_public=True,
)
