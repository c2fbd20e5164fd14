"""Tumblr over OAuth 1.0a (tumblr.com/docs/en/api/v2, "OAuth 1.0a")."""

from __future__ import annotations

import json
from typing import Any

from ..answers import JSON, Answer, json_answer
from ..messages import Request
from ..oauth1 import AccessToken, OAuth1Provider, Refused, Signed
from ..personas import Persona


class Tumblr(OAuth1Provider):
    """Tumblr. It has no id of an account: the primary blog has one."""

    name = "tumblr"
    title = "Tumblr"
    request_token_url = "https://www.tumblr.com/oauth/request_token"
    authorize_url = "https://www.tumblr.com/oauth/authorize"
    access_token_url = "https://www.tumblr.com/oauth/access_token"
    profile_url = "https://api.tumblr.com/v2/user/info"
    access_methods = ("GET", "POST")
    places = ("header",)
    fragment = "#_=_"
    id_format = "t:{base64url:.22}"

    def refusal(self, refused: Refused) -> Answer:
        """The API answers in JSON, the OAuth endpoints with a short text."""
        if refused.endpoint != "profile":
            return super().refusal(refused)
        status = 403 if refused.problem == "permission_denied" else 401
        meta = {"status": status, "msg": "Forbidden" if status == 403 else "Unauthorized"}
        return Answer(status, json.dumps({"meta": meta, "response": []}), JSON, reason=refused.reason)

    async def profile_of(self, access: AccessToken, request: Request, signed: Signed) -> Answer:
        """The user, with a second blog before the primary one."""
        persona = access.persona
        if persona.suspended:
            raise Refused("permission_denied", "this persona is suspended")
        name = f"{persona.handle}-writes"
        side = self._blog(persona, f"{persona.handle}-side", "Side notes", "t:Zm9vYmFyYmF6cXV4MTIzNA", primary=False)
        title = "Untitled" if persona.anonymous else persona.name
        primary = self._blog(persona, name, title, self.subject_of(persona), primary=True)
        user = {"name": name, "likes": 12, "following": 34, "default_post_format": "html", "blogs": [side, primary]}
        return json_answer({"meta": {"status": 200, "msg": "OK"}, "response": {"user": user}})

    def _blog(self, persona: Persona, name: str, title: str, uuid: str, *, primary: bool) -> dict[str, Any]:
        address = self.picture_of(persona)
        avatar = [{"width": size, "height": size, "url": address} for size in (512, 64)] if address else []
        return {
            "name": name,
            "title": title,
            "url": f"https://{name}.tumblr.com/",
            "uuid": uuid,
            "primary": primary,
            "type": "public",
            "followers": 7,
            "tweet": "N",
            "avatar": avatar,
        }


FRONT = Tumblr
