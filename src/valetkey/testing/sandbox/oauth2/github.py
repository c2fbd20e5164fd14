"""GitHub over OAuth 2.0 (docs.github.com, "Authorizing OAuth apps", "Users", "Emails").

Its errors at the token endpoint come with 200, and its replies there are forms unless JSON is asked for.
"""

from __future__ import annotations

import json
import re
from typing import Any

from ..answers import JSON, Answer, json_answer
from ..messages import Request
from ..state import base62
from .bearer import BEARER_OR_TOKEN, BearerRefused, require_scope
from .facts import Profile, number
from .front import OAuth2Front
from .grants import AccessToken, Code
from .refusals import Refusal

_FORM = "application/x-www-form-urlencoded; charset=utf-8"
_ACCEPTED = re.compile(r"(application/(vnd\.github[a-z0-9.+\-]*\+)?json|\*/\*)", re.IGNORECASE)
_ERRORS = {"invalid_grant": "bad_verification_code", "invalid_client": "incorrect_client_credentials"}


class GitHub(OAuth2Front):
    """GitHub."""

    name = "github"
    title = "GitHub"
    path = "/github"
    site = "https://github.com"
    authorize_path = "/login/oauth/authorize"
    token_path = "/login/oauth/access_token"
    profile_site = "https://api.github.com"
    profile_path = "/user"
    emails_path = "/user/emails"
    scope_separators = " ,"
    email_scope = "user:email"
    requires_grant_type = False
    credentials = BEARER_OR_TOKEN

    @property
    def issuer(self) -> str:
        """The real one's is https://github.com/login/oauth."""
        return f"{self.base}/login/oauth"

    def new_code(self) -> str:
        return base62(20)

    def new_token(self, code: Code) -> str:
        return f"gho_{base62(36)}"

    def refusal_fields(self, error: str) -> dict[str, str]:
        described = {"error_description": "The user has denied your application access."}
        return {"error": error, **(described if error == "access_denied" else {})}

    def token_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        scopes = ",".join(sorted(access.code.authorization.scopes))
        return [("access_token", access.token), ("scope", scopes), ("token_type", "bearer")]

    def token_content_type(self, request: Request) -> str | None:
        return JSON if "application/json" in request.headers.get("accept", "") else _FORM

    def token_refusal(self, request: Request, refusal: Refusal) -> Answer:
        error = _ERRORS.get(refusal.error, refusal.error)
        if "redirect_uri" in refusal.reason:
            error = "redirect_uri_mismatch"
        fields = [
            ("error", error),
            ("error_description", "The sandbox refused."),
            ("error_uri", "https://docs.github.com"),
        ]
        kind = self.token_content_type(request) or JSON
        return Answer(200, fields=fields, content_type=kind, reason=refusal.reason, accepted=False)

    def bearer_refusal(self, refused: BearerRefused) -> Answer:
        message = {401: "Bad credentials", 415: "Unsupported 'Accept' header"}.get(refused.status, refused.reason)
        return json_answer({"message": message, "status": f"{refused.status}"}, refused.status, reason=refused.reason)

    def profiles(self) -> dict[str, tuple[str, Profile, tuple[str, ...]]]:
        return {
            "/user": ("profile", self.user, ("GET",)),
            "/user/emails": ("emails", self.emails, ("GET",)),
            "/api/v3/user": ("profile", self.user, ("GET",)),
            "/api/v3/user/emails": ("emails", self.emails, ("GET",)),
        }

    async def user(self, access: AccessToken, request: Request) -> Answer:
        """The user. The public e-mail address is null, as for most users."""
        _check_headers(request)
        persona = access.persona
        origin = self.state.settings.origin
        shown = {
            "login": persona.handle,
            "id": number(persona.user_id),
            "node_id": "sandbox",
            "avatar_url": f"{origin}/pictures/{persona.handle}.svg" if persona.picture else "",
            "type": "User",
            "name": persona.name or None,
            "email": None,
        }
        return json_answer(shown, headers={"x-oauth-scopes": ", ".join(access.code.authorization.scopes)})

    async def emails(self, access: AccessToken, request: Request) -> Answer:
        """The user's e-mail addresses. The primary one is not the first."""
        _check_headers(request)
        require_scope(access, "user:email", "user")
        persona = access.persona
        other = {"email": f"{persona.handle}@old.example.com", "primary": False, "verified": True, "visibility": None}
        primary = {"email": access.email, "primary": True, "verified": persona.email_verified, "visibility": "private"}
        return Answer(200, json.dumps([other, primary] if access.email is not None else []), JSON)


def _check_headers(request: Request) -> None:
    if not request.headers.get("user-agent"):
        raise BearerRefused("forbidden", "no User-Agent: GitHub forbids the request by administrative rules", 403)
    if not _ACCEPTED.search(request.headers.get("accept", "")):
        raise BearerRefused("unsupported", "Accept must be application/vnd.github+json or application/json", 415)
