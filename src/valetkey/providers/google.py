"""Google, over OpenID Connect (developers.google.com/identity/openid-connect/openid-connect)."""

from ..protocols.discovery import ServerMetadata
from .record import Colors, OpenIDRecord

google = OpenIDRecord(
    name="google",
    title="Google",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M12.48 10.92v3.28h7.84a7 7 0 0 1-1.79 4.13 8 8 0 0 1-6.05 2.4 8.6 8.6 0 0 1-8.6-8.72 8.6 8.6 0 0 1 14.5-6.37l2"
        ".31-2.3A11.3 11.3 0 0 0 12.48 0C5.87 0 .31 5.39.31 12s5.56 12 12.17 12c3.57 0 6.27-1.17 8.37-3.36 2.16-2.16 2."
        "84-5.21 2.84-7.67q0-1.15-.17-2.05z"
    ),
    # developers.google.com/identity/branding-guidelines: fill and text of the light and of the dark theme.
    colors=Colors(light=("#ffffff", "#1f1f1f"), dark=("#131314", "#e3e3e3")),
    metadata=ServerMetadata(  # https://accounts.google.com/.well-known/openid-configuration
        issuer="https://accounts.google.com",
        authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
        token_url="https://oauth2.googleapis.com/token",
        keys_url="https://www.googleapis.com/oauth2/v3/certs",
    ),
    client_authentication="post",
    # The same page, "Validating an ID token": iss has one of two spellings.
    other_issuers=("accounts.google.com",),
    choose_account="prompt=select_account",
)

RECIPE = google.recipe(
    keys_from="https://console.cloud.google.com/apis/credentials",
    steps=(
        "Create an *OAuth client ID* of the type *Web application*.",
        "Add the address under *Authorized redirect URIs*.",
    ),
    notes=(
        "Until you publish the app on the consent screen's page, only the test users that you list there can sign in.",
        "Google shows its consent page in no embedded browser of a phone app.",
        "To verify an app, Google asks for a button as in its [guidelines](https://developers.google.com/identity/"
        "branding-guidelines), with the logo in colors. Ours has one color: draw your own, and call `signIn` on click.",
    ),
)
