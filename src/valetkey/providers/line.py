"""LINE, over OpenID Connect (developers.line.biz/en/docs/line-login/integrate-line-login)."""

from ..protocols.discovery import ServerMetadata
from .record import Colors, OpenIDRecord

line = OpenIDRecord(
    name="line",
    title="LINE",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M19.36 9.86a.63.63 0 0 1 0 1.26h-1.75v1.13h1.76a.63.63 0 1 1 0 1.26h-2.4a.63.63 0 0 1-.62-.63V8.1c0-.35.28-.63"
        ".63-.63h2.39a.63.63 0 0 1 0 1.26H17.6v1.12zm-3.85 3.02a.63.63 0 0 1-.63.63.6.6 0 0 1-.51-.25l-2.44-3.32v2.94a."
        "63.63 0 0 1-1.26 0V8.1a.63.63 0 0 1 .62-.63q.31.01.5.25l2.46 3.33V8.11c0-.35.28-.63.63-.63s.63.28.63.63zm-5.74"
        " 0c0 .34-.28.63-.63.63a.63.63 0 0 1-.63-.63V8.1c0-.35.28-.63.63-.63s.63.28.63.63zm-2.47.63H4.92a.63.63 0 0 1-."
        "63-.63V8.1c0-.35.28-.63.63-.63s.63.28.63.63v4.14H7.3a.63.63 0 0 1 0 1.26M24 10.3C24 4.94 18.61.57 12 .57S0 4.9"
        "4 0 10.31c0 4.81 4.27 8.85 10.04 9.61.39.08.92.26 1.05.6.12.3.08.76.04 1.07l-.16 1.02c-.05.3-.24 1.19 1.05.65s"
        "6.91-4.08 9.43-6.98C23.18 14.4 24 12.46 24 10.31"
    ),
    # developers.line.biz/en/docs/line-login/login-button asks for white text, which has 2.3:1; black has 9.3:1.
    colors=Colors(light=("#06c755", "#000000"), dark=("#06c755", "#000000")),
    metadata=ServerMetadata(  # access.line.me/.well-known/openid-configuration
        issuer="https://access.line.me",
        authorize_url="https://access.line.me/oauth2/v2.1/authorize",
        token_url="https://api.line.me/oauth2/v2.1/token",
    ),
    client_authentication="post",
    id_token_key="client_secret",  # .../line-login/verify-id-token: HS256 in web apps, whatever the metadata says
    verifies_email=False,
)

RECIPE = line.recipe(
    keys_from="https://developers.line.biz/console/",
    steps=(
        "Create a *LINE Login* channel for a *Web app*.",
        "Under *LINE Login*, add the address as *Callback URL*.",
        "Under *Basic settings*, copy the *Channel ID* and the *Channel secret*.",
        "For e-mail addresses, apply for *Email address permission* under *OpenID Connect*.",
        "Publish the channel. Before that, only its testers can sign in.",
    ),
    notes=(
        "The subject is the user's id for one provider of the console. Channels of the same provider see the same id.",
        "LINE's guidelines ask for white text on the button. Ours is black: white has a contrast of 2.3:1 only.",
    ),
)
