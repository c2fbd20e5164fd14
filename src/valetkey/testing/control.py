"""Controls a sandbox over HTTP, in whichever process it runs: approves logins, sets faults, reads the journal."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_TIMEOUT_SECONDS = 10.0


class ControlError(ValueError):
    """The sandbox refused a request. The text is its own."""


@dataclass(frozen=True, slots=True)
class Control:
    """The control of the sandbox at ``origin``."""

    origin: str

    def __call__(self, method: str, path: str, value: object = None) -> Any:
        """Send one request. It blocks for about a millisecond, in an event loop, too.

        Args:
            method: of HTTP.
            path: below ``/__sandbox__/``.
            value: is sent as JSON.

        Returns:
            The JSON of the answer.

        Raises:
            OSError, ValueError: no sandbox answers at this origin.
            ControlError: the sandbox refused.
        """
        from http.client import HTTPConnection, HTTPException  # not when pytest starts

        address = urlsplit(self.origin)
        connection = HTTPConnection(address.hostname or "", address.port, timeout=_TIMEOUT_SECONDS)
        headers = {"X-Sandbox-Control": "1", "Content-Type": "application/json"}
        body = json.dumps(value) if value is not None else None
        try:
            connection.request(method, f"/__sandbox__/{path}", body, headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
        except HTTPException as fault:
            raise ValueError(f"{self.origin} does not answer as a sandbox does") from fault
        finally:
            connection.close()
        if response.status != 200:
            raise ControlError(answer.get("error", f"{response.status}"))
        return answer

    def approve(self, oauth_token: str, user: dict[str, str]) -> str:
        """Approve a login as if the user had pressed **Authorize app**.

        Args:
            oauth_token: the request token.
            user: ``persona``, or ``user_id`` and ``screen_name``.

        Returns:
            The address of the callback.

        Raises:
            ControlError: there is no such token or persona.
        """
        return str(self("POST", "approve", {"oauth_token": oauth_token, **user})["callback"])

    def handles(self) -> list[str]:
        """Return the handles of all personas."""
        return [str(one["handle"]) for one in self("GET", "personas")["personas"]]

    def journal(self) -> list[dict[str, Any]]:
        """Return every request that the sandbox has got, in order."""
        return list(self("GET", "journal")["journal"])
