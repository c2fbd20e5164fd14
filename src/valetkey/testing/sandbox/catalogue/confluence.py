"""Confluence Data Center over OAuth 1.0a, one server (developer.atlassian.com/server/confluence, "OAuth")."""

from __future__ import annotations

from ..answers import Answer, json_answer
from ..messages import Request
from ..oauth1 import AccessToken, Signed
from .jira import Jira


class Confluence(Jira):
    """A server of Confluence: Jira's application link, and another profile. It gives out no e-mail address."""

    name = "confluence"
    title = "Confluence"
    profile_url = "/rest/api/user/current"
    id_format = "{hex:.32}"

    async def profile_of(self, access: AccessToken, request: Request, signed: Signed) -> Answer:
        """The user. Nobody in particular is ``anonymous``, and has no key."""
        persona = access.persona
        if persona.suspended:
            return json_answer({"type": "anonymous", "displayName": "Anonymous"})
        picture = {"path": "/download/attachments/1/user-avatar", "width": 48, "height": 48, "isDefault": False}
        return json_answer(
            {
                "type": "known",
                "username": persona.handle,
                "userKey": self.subject_of(persona),
                "profilePicture": picture,
                "displayName": persona.handle if persona.anonymous else persona.name,
            }
        )


FRONT = Confluence
