"""Mastodon over OAuth 2.0, one server (docs.joinmastodon.org/methods/oauth, .../methods/accounts, .../methods/apps)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..answers import JSON, Answer, RequestRefused, answering, json_answer
from ..messages import Request, Route
from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken, Authorization
from ..oauth2.parameters import Unreadable, is_form, once
from ..oauth2.refusals import DeadEnd, Refusal
from ..state import State, base62

_SCOPES = ("profile", "read", "read:accounts")


@dataclass(frozen=True, kw_only=True)
class App:
    """An app that has registered itself."""

    secret: str
    callback: str
    scopes: tuple[str, ...]


class Mastodon(OAuth2Front):
    """A server of version 4.3 or later. It gives out no e-mail address. Each app names its server.

    An app may register itself. The one that the sandbox knows from the start needs not.
    """

    name = "mastodon"
    title = "Mastodon"
    authorize_path = "/oauth/authorize"
    token_path = "/oauth/token"
    profile_path = "/api/v1/accounts/verify_credentials"
    known_scopes = _SCOPES
    email_scope = ""  # there is none
    profile_scopes = _SCOPES
    another_account = "force_login=true"

    def __init__(self, state: State) -> None:
        self.apps: dict[str, App] = {}
        super().__init__(state)

    def reset(self) -> None:
        super().reset()
        self.apps.clear()

    def secret_of(self, client_id: str) -> str | None:
        app = self.apps.get(client_id)
        return super().secret_of(client_id) if app is None else app.secret

    def check(self, asked: Authorization) -> None:
        """An app that has registered itself gets what it has registered."""
        app = self.apps.get(asked.client_id)
        if app is None:
            return
        if asked.redirect_uri != app.callback:
            raise DeadEnd(f"redirect_uri {asked.redirect_uri} is not the one that the app registered, {app.callback}")
        if not set(asked.scopes) <= set(app.scopes):
            raise Refusal("invalid_scope", f"the app registered the scopes {' '.join(app.scopes)}")

    def more_routes(self) -> list[Route]:
        async def metadata(request: Request, body: bytes) -> Answer:
            return json_answer(
                {
                    "issuer": f"{self.base}/",
                    "authorization_endpoint": self.base + self.authorize_path,
                    "token_endpoint": self.base + self.token_path,
                    "app_registration_endpoint": f"{self.base}/api/v1/apps",
                    "scopes_supported": list(_SCOPES),
                    "code_challenge_methods_supported": ["S256"],
                    "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                }
            )

        async def apps(request: Request, body: bytes) -> Answer:
            return self._registered(_form_of(request, body))

        def nothing(request: Request, body: bytes) -> dict[str, Any]:
            return {}

        ask = answering(self.state, self.name, "discovery", metadata, nothing)
        register = answering(self.state, self.name, "apps", apps, nothing)
        return [
            Route(f"{self.path}/.well-known/oauth-authorization-server", ask, methods=["GET"]),
            Route(f"{self.path}/api/v1/apps", register, methods=["POST"]),
        ]

    def _registered(self, form: dict[str, str]) -> Answer:
        """Register an app. Without scopes it gets ``read``."""
        name, callback = form.get("client_name"), form.get("redirect_uris", "")
        scopes = tuple(form.get("scopes", "read").split(" "))
        if name is None:
            raise _invalid("Name can't be blank")
        parts = urlsplit(callback)
        if not parts.scheme or not parts.netloc or "#" in callback:
            raise _invalid("Redirect URI must be an absolute URI.")
        if not set(scopes) <= set(_SCOPES):
            raise _invalid("Scopes doesn't match configured on the server.")
        client_id, secret = base62(43), base62(43)
        self.apps[client_id] = App(secret=secret, callback=callback, scopes=scopes)
        self.state.issued.append(secret)
        shown = {"id": str(len(self.apps)), "name": name, "website": form.get("website"), "scopes": list(scopes)}
        shown |= {"redirect_uri": callback, "redirect_uris": [callback]}
        keys = {"client_id": client_id, "client_secret": secret, "client_secret_expires_at": 0}
        return json_answer({**shown, **keys})

    def token_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        """An access token does not expire."""
        fields = [field for field in super().token_fields(access) if field[0] != "expires_in"]
        return [*fields, ("created_at", round(access.code.made_at))]

    def profile_error(self, error: str, status: int) -> dict[str, Any]:
        return {
            "error": {401: "The access token is invalid", 403: "Your login is currently disabled"}.get(status, error)
        }

    def profile_of(self, access: AccessToken) -> dict[str, Any]:
        """The user. Without a picture there is the one that all have."""
        persona = access.persona
        missing = f"{self.state.settings.origin}/avatars/original/missing.png"
        return {
            "id": self.subject_of(persona),
            "username": persona.handle,
            "acct": persona.handle,
            "display_name": "" if persona.anonymous else persona.name,
            "locked": False,
            "bot": False,
            "url": f"{self.base}/@{persona.handle}",
            "avatar": self.picture_of(persona) or missing,
            "note": "<p></p>",
            "source": {"note": ""},
            "fields": [],
            "emojis": [],
        }


def _form_of(request: Request, body: bytes) -> dict[str, str]:
    """Read the body. A server takes JSON, too; the sandbox wants what the oldest servers take."""
    if not is_form(request.headers.get("content-type", "")):
        raise _invalid("The body must be application/x-www-form-urlencoded")
    try:
        return once(body)
    except Unreadable as fault:
        raise _invalid(str(fault)) from None


def _invalid(reason: str) -> RequestRefused:
    return RequestRefused(Answer(422, json.dumps({"error": f"Validation failed: {reason}"}), JSON, reason=reason))


FRONT = Mastodon
