"""SmugMug over OAuth 1.0a (api.smugmug.com/api/v2/doc/tutorial/authorization.html)."""

from __future__ import annotations

import json
import secrets

from ..answers import JSON, Answer, json_answer
from ..messages import Request
from ..oauth1 import AccessToken, OAuth1Provider, Refused, RequestToken, Signed
from ..state import base62

_OAUTH = "https://api.smugmug.com/services/oauth/1.0a/"


class SmugMug(OAuth1Provider):
    """SmugMug. It has no id of a user: the root node of the user's site has one."""

    name = "smugmug"
    title = "SmugMug"
    request_token_url = f"{_OAUTH}getRequestToken"
    authorize_url = f"{_OAUTH}authorize"
    access_token_url = f"{_OAUTH}getAccessToken"
    profile_url = "https://api.smugmug.com/api/v2!authuser"
    request_methods = ("GET", "POST")
    access_methods = ("GET", "POST")
    places = ("header",)
    signature_methods = ("HMAC-SHA1", "PLAINTEXT")
    request_token_seconds = 300
    oob = "pin"
    dialect = "oauth_problem"
    id_format = "{hex:.8}"

    def new_verifier(self, token: RequestToken) -> str:
        return f"{secrets.randbelow(10**6):06}" if token.callback == "oob" else base62(20)

    def refusal(self, refused: Refused) -> Answer:
        if refused.endpoint != "profile":
            return super().refusal(refused)
        return Answer(401, json.dumps({"Code": 401, "Message": "Unauthorized"}), JSON, reason=refused.reason)

    async def profile_of(self, access: AccessToken, request: Request, signed: Signed) -> Answer:
        """The user, in JSON where the request asks for it, and else as a page."""
        persona = access.persona
        if persona.suspended:
            raise Refused("token_rejected", "this persona is suspended")
        if "application/json" not in request.headers.get("accept", ""):
            return Answer(200, "<!DOCTYPE html><html><title>API</title></html>", reason="Accept must ask for JSON")
        uri, node = f"/api/v2/user/{persona.handle}", f"/api/v2/node/{self.subject_of(persona)}"
        user = {
            "AccountStatus": "Active",
            "FirstName": "",
            "LastName": "",
            "Name": "" if persona.anonymous else persona.name,
            "NickName": persona.handle,
            "RefTag": "TEjaxa2MF2LJ6",
            "ResponseLevel": "Public",
            "Uri": uri,
            "WebUri": f"https://{persona.handle}.smugmug.com",
            "Uris": {
                "Node": {"EndpointType": "Node", "Locator": "Node", "LocatorType": "Object", "Uri": node},
                "UserProfile": {"EndpointType": "UserProfile", "Uri": f"{uri}!profile"},
            },
        }
        named = {"EndpointType": "AuthUser", "Locator": "User", "LocatorType": "Object", "Uri": "/api/v2!authuser"}
        return json_answer({"Code": 200, "Message": "Ok", "Response": {**named, "User": user}})


FRONT = SmugMug
