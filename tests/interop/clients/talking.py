"""What the clients of this folder have in common. They run in .venv-interop, where nothing of ours is installed.

A client reads its order from the first argument, says where it sends the user, hears where the user came back, and says
who the user is or why it refuses: a line of JSON each.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a test wants of a client.

    Args:
        front: which provider it takes the server for: ``acme`` (any OpenID provider), ``google``, ``github``.
        base: the issuer, or the address that stands for the provider's hosts.
        id, secret, callback: as they are registered there.
    """

    front: str
    base: str
    id: str
    secret: str
    callback: str

    @property
    def is_github(self) -> bool:
        return self.front == "github"

    @property
    def authorize_url(self) -> str:
        """GitHub's, which has no metadata."""
        return f"{self.base}/login/oauth/authorize"

    @property
    def token_url(self) -> str:
        return f"{self.base}/login/oauth/access_token"

    @property
    def user_url(self) -> str:
        return f"{self.base}/user"


def order() -> Order:
    return Order(**json.loads(sys.argv[1]))


def come_back(url: str) -> str:
    """Say where the user is sent, and hear the address with which the user came back."""
    print(json.dumps({"url": url}), flush=True)
    return str(json.loads(sys.stdin.readline())["url"])


def signed_in(subject: object, name: object = None, email: object = None) -> None:
    print(json.dumps({"subject": str(subject), "name": name, "email": email}), flush=True)


def refuses(error: object) -> None:
    print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
