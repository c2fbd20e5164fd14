"""Yahoo, over OpenID Connect (developer.yahoo.com/oauth2/guide/openid_connect)."""

from ..protocols.discovery import ServerMetadata
from .record import Colors, OpenIDRecord

yahoo = OpenIDRecord(
    name="yahoo",
    title="Yahoo",
    icon=(  # our own drawing
        "M2 5h4.1l3.5 5.9L13 5h4l-5.7 9.4V20H7.7v-5.6zM18.3 5H22l-.9 8.6h-1.9zM20.1 15.8a2.1 2.1 0 1 1 0 4.2 2.1 "
        "2.1 0 1 1 0-4.2z"
    ),
    colors=Colors(light=("#5f01d1", "#ffffff"), dark=("#5f01d1", "#ffffff")),  # brand.yahooinc.com
    metadata=ServerMetadata(  # api.login.yahoo.com/.well-known/openid-configuration
        issuer="https://api.login.yahoo.com",
        authorize_url="https://api.login.yahoo.com/oauth2/request_auth",
        token_url="https://api.login.yahoo.com/oauth2/get_token",
        keys_url="https://api.login.yahoo.com/openid/v1/certs",
        userinfo_url="https://api.login.yahoo.com/openid/v1/userinfo",
    ),
    client_authentication="basic",
    algorithms=("ES256", "RS256"),
    pkce=False,
    reads_userinfo=True,
    choose_account="prompt=login",
)

RECIPE = yahoo.recipe(
    keys_from="https://developer.yahoo.com/apps/",
    steps=(
        "Create an app, with *Confidential Client* as its type.",
        "Add the address under *Redirect URI(s)*. It must begin with https.",
        "Under *API Permissions*, choose *OpenID Connect Permissions*, with *Email* and *Profile*.",
        "Copy the *Client ID* and the *Client Secret*.",
    ),
    notes=("The nonce binds the code to the login, since Yahoo gets no PKCE.",),
    unverified=(
        "That Yahoo refuses PKCE from an app with a secret is one report.",
        "Yahoo's own pages were not read: the addresses are those of its metadata, as others have recorded it.",
    ),
)
