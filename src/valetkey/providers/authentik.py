"""Authentik, over OpenID Connect (docs.goauthentik.io/add-secure-apps/providers/oauth2), at one of its applications."""

from .record import Colors, OpenIDRecord

authentik = OpenIDRecord(
    name="authentik",
    title="authentik",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M13.96 9.01h-.84V7.49h-1.23v3.66H5.72c.34.52.54.99.54 1.16 0 .46-1.44 3.06-3.2 3.06-2.26.06-3.8-2.57-2.69-4.51"
        "a3.1 3.1 0 0 1 2.7-1.61c1.03 0 1.96.91 2.55 1.75V6.58A3.77 3.77 0 0 1 9.39 2.8h10.84C22.31 2.8 24 4.5 24 6.58v"
        "10.84a3.77 3.77 0 0 1-3.77 3.77h-1.6V17.5h-7.64v3.7h-1.6a3.77 3.77 0 0 1-3.77-3.78v-3.4h12.11V7.48h-1.59v.9h-."
        "84v-.9h-1.34zM4 10.86c-.66-.7-1.57-.55-2.2 0-2.11 2.05 1.33 5.55 3.3 1.44A5 5 0 0 0 4 10.85"
    ),
    # White on this red has a contrast of 3.4:1, black 6.2:1.
    colors=Colors(light=("#fd4b2d", "#000000"), dark=("#fd4b2d", "#000000")),
    issuer_form=r".*/",
    issuer_example="https://authentik.example.com/application/o/example/",
    algorithms=None,
    reads_userinfo=True,
    verifies_email=False,  # before 2025.10, the flag is true for every address, although nobody has verified it
    choose_account="prompt=login",
)

RECIPE = authentik.recipe(
    keys_from="your authentik administrator, at Applications, Create with provider, OAuth2/OpenID",
    steps=(
        "Create an application with an *OAuth2/OpenID* provider.",
        "Add the address under *Redirect URIs*, with the mode *Strict*.",
        "Choose a *Signing Key*, and no *Encryption Key*.",
    ),
    notes=(
        "Without a signing key, ID tokens are signed with the client secret. valetkey refuses them.",
        "The issuer is the application's own: `https://HOST/application/o/SLUG/`, with the slash at its end. *Issuer "
        "mode* must be *Each provider has a different issuer*.",
        "*Subject mode* says what a user's id is. A user name or an e-mail address may pass to another user: do not "
        "choose these. Another mode makes every user a new one.",
        "No e-mail address counts as verified. Before version 2025.10, authentik calls every address verified, also "
        "one that nobody has checked.",
    ),
    unverified=("How Cancel comes back. authentik's source shows `access_denied`.", "The colors of the button."),
    may_be_public=True,
)
