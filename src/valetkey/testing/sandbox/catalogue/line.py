"""LINE over OpenID Connect (developers.line.biz/en/docs/line-login/integrate-line-login, .../verify-id-token).

The ID tokens of web login are signed with the channel secret, though the metadata says ES256.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.grants import AccessToken
from ..openid.front import OpenIDFront


class Line(OpenIDFront):
    """LINE. It has no handles, and says of no e-mail address whether it is verified."""

    name = "line"
    title = "LINE"
    site = "https://access.line.me"
    api = "https://api.line.me"
    issuer_address = "https://access.line.me"
    authorize_path = "/oauth2/v2.1/authorize"
    token_path = "/oauth2/v2.1/token"
    keys_path = "/oauth2/v2.1/certs"
    userinfo_path = "/oauth2/v2.1/userinfo"
    authentication = ("post",)
    requires_state = True
    known_scopes = ("openid", "profile", "email")
    response_modes = ("query",)
    cancel: ClassVar = {"error": "access_denied", "error_description": "The resource owner denied the request."}
    another_account = "disable_auto_login=true"
    token_statuses: ClassVar = {"": 400}
    id_format = "U{hex:.32}"
    signs_with_secret = True
    algorithms = ("ES256",)
    sends_at_hash = False
    defaults: ClassVar = {"algorithm": "ES256"}

    def claims(self, access: AccessToken) -> dict[str, Any]:
        return super().claims(access) | {"amr": ["pwd"]}

    def user_claims(self, access: AccessToken) -> dict[str, Any]:
        left_out = ("preferred_username", "email_verified")
        return {name: value for name, value in super().user_claims(access).items() if name not in left_out}


FRONT = Line
