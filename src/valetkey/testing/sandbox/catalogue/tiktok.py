"""TikTok over OAuth 2.0 (developers.tiktok.com/doc/login-kit-web, .../doc/tiktok-api-v2-get-user-info).

The client id is called ``client_key``. A profile has an object ``error``, also in a success.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ..answers import Answer, json_answer
from ..messages import Request
from ..oauth2.bearer import require_scope
from ..oauth2.facts import Profile
from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken, Authorization, Code
from ..oauth2.refusals import Refusal

_LOG_ID = "202601020304050000000000000000000A"


class TikTok(OAuth2Front):
    """TikTok. It gives out no e-mail address, and the user name to a reviewed scope only."""

    name = "tiktok"
    title = "TikTok"
    site = "https://www.tiktok.com"
    api = "https://open.tiktokapis.com"
    authorize_path = "/v2/auth/authorize/"
    token_path = "/v2/oauth/token/"
    profile_path = "/v2/user/info/"
    client_id_parameter = "client_key"
    authentication = ("post",)
    scope_separators = ","
    email_scope = None
    known_scopes = ("user.info.basic", "user.info.profile")
    cancel: ClassVar = {
        "error": "access_denied",
        "error_type": "access_denied",
        "error_description": "The user cancelled.",
    }
    another_account = "disable_auto_auth=1"
    scope_reply = ","
    profile_scopes = ("user.info.basic",)
    profile_parameters: ClassVar = {"fields": ""}
    id_format = "-000{hex:.32}"

    def check(self, asked: Authorization) -> None:
        if not asked.scopes:
            raise Refusal("invalid_scope", "no scope")

    def callback_fields(self, code: Code) -> dict[str, str]:
        return {"scopes": ",".join(code.authorization.scopes)}

    def token_extras(self, access: AccessToken) -> dict[str, Any]:
        return {"open_id": self.subject_of(access.persona), "refresh_expires_in": 31_536_000}

    def token_error(self, error: str, status: int) -> dict[str, Any]:
        return {"error": error, "error_description": "The sandbox refused.", "log_id": _LOG_ID}

    def profile_error(self, error: str, status: int) -> dict[str, Any]:
        code = {401: "access_token_invalid", 403: "scope_not_authorized"}.get(status, "invalid_params")
        return {"data": {}, "error": {"code": code, "message": "The sandbox refused.", "log_id": _LOG_ID}}

    def profiles(self) -> dict[str, tuple[str, Profile, tuple[str, ...]]]:
        return {self.profile_path: ("profile", self.info, ("GET",))}

    async def info(self, access: AccessToken, request: Request) -> Answer:
        """The user, with the fields that were asked for."""
        persona, url = access.persona, self.picture_of(access.persona)
        asked = request.query_params.get("fields", "").split(",")
        known: dict[str, Any] = {"open_id": self.subject_of(persona), "union_id": f"union-{persona.user_id}"}
        known |= {} if persona.anonymous else {"display_name": persona.name}
        known |= {"avatar_url": url} if url is not None else {}
        if "username" in asked:
            require_scope(access, "user.info.profile")
            known["username"] = persona.handle
        user = {name: known[name] for name in asked if name in known}
        return json_answer({"data": {"user": user}, "error": {"code": "ok", "message": "", "log_id": _LOG_ID}})


FRONT = TikTok
