"""social-core without a framework: state and nonce are bound to a session, PKCE is on, and the ID token is verified.

Its pipeline, which makes accounts, is left out: what is of interest is what it takes for the user's identity.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from social_core.exceptions import SocialAuthBaseException
from social_core.store import OpenIdStore
from social_core.strategy import BaseStrategy
from talking import Order, come_back, order, refuses, signed_in

# The one for Google has Google's addresses in it.
OPENID = "social_core.backends.open_id_connect.OpenIdConnectAuth"
GITHUB = "social_core.backends.github_enterprise.GithubEnterpriseOAuth2"


class Associations:
    """Nonces."""

    kept: dict[str, Any] = {}

    @classmethod
    def store(cls, server_url: str, association: Any) -> None:
        association.id, association.is_expired = association.handle, lambda: False
        cls.kept[association.handle] = association

    @classmethod
    def get(cls, server_url: str | None = None, handle: str | None = None) -> list[Any]:
        return [cls.kept[handle]] if handle in cls.kept else []

    @classmethod
    def remove(cls, ids: list[str]) -> None:
        for one in ids:
            cls.kept.pop(one, None)


class States:
    """Each is used once."""

    used: set[tuple[str, int, str]] = set()

    @classmethod
    def use(cls, server_url: str, timestamp: int, salt: str) -> bool:
        fresh = (server_url, timestamp, salt) not in cls.used
        cls.used.add((server_url, timestamp, salt))
        return fresh

    @classmethod
    def consume(cls, server_url: str, timestamp: int, salt: str) -> bool:
        known = (server_url, timestamp, salt) in cls.used
        cls.used.discard((server_url, timestamp, salt))
        return known


class Storage:
    association = Associations
    nonce = States


class Strategy(BaseStrategy):
    """One browser's session, and the request that it sends."""

    def __init__(self, ordered: Order) -> None:
        self.session: dict[str, Any] = {}
        self.request: dict[str, str] = {}
        self.settings = {
            "KEY": ordered.id,
            "SECRET": ordered.secret,
            "USE_PKCE": True,
            "OIDC_ENDPOINT": ordered.base,
            "URL": ordered.base,
            "API_URL": ordered.base,
            "SCOPE": ["read:user", "user:email"] if ordered.is_github else None,
            "AUTHENTICATION_BACKENDS": [GITHUB if ordered.is_github else OPENID],
        }
        super().__init__(Storage)

    def get_setting(self, name: str) -> Any:
        if self.settings.get(name) is None:
            raise KeyError(name)
        return self.settings[name]

    def authenticate(self, backend: Any, *args: Any, response: Any, **named: Any) -> Any:
        return backend.get_user_id(backend.get_user_details(response), response), response

    def get_request_data(self, merge: bool = True) -> dict[str, str]:
        return self.request

    def session_get(self, name: str, default: Any = None) -> Any:
        return self.session.get(name, default)

    def session_set(self, name: str, value: Any) -> None:
        self.session[name] = value

    def session_pop(self, name: str) -> Any:
        return self.session.pop(name, None)

    def build_absolute_uri(self, path: str | None = None) -> str:
        return path or ""

    def openid_store(self) -> OpenIdStore:
        return OpenIdStore(self)


def main() -> None:
    ordered = order()
    strategy, name = Strategy(ordered), "github-enterprise" if ordered.is_github else "oidc"
    backend = strategy.get_backend(name, ordered.callback)
    url = come_back(backend.auth_url())
    strategy.request = dict(parse_qsl(urlsplit(url).query))
    backend = strategy.get_backend(name, ordered.callback)
    backend.data = strategy.request
    try:
        subject, user = backend.auth_complete()
    except SocialAuthBaseException as error:
        return refuses(error)
    return signed_in(subject, user.get("name"), user.get("email"))


if __name__ == "__main__":
    main()
