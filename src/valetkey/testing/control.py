"""Controls a sandbox over HTTP, in whichever process it runs: approves logins, sets faults, reads the journal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_TIMEOUT_SECONDS = 10.0


class ControlError(ValueError):
    """The sandbox refused a request. The text is its own."""


@dataclass(frozen=True, slots=True)
class Callback:
    """Where a provider sends the browser back.

    Args:
        url: the callback URL.
        form: what the browser posts there (``form_post``). None: it goes there with a query.
    """

    url: str
    form: Mapping[str, str] | None = None


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

    def approve(self, url: str, user: Mapping[str, object]) -> Callback:
        """Approve a login as if the user had pressed **Authorize app**.

        Args:
            url: where the app sends the user.
            user: ``persona``, or ``user_id`` and more about a user who is made up.

        Raises:
            ControlError: the provider shows an error page there, or there is no such persona.
        """
        back = self("POST", "approve", {"url": url, **user})
        return Callback(str(back["callback"]), back.get("form"))

    def handles(self, url: str = "/") -> list[str]:
        """Return the handles of all personas of the provider to which the app sends the user."""
        return [str(one["handle"]) for one in self("GET", f"personas?{urlencode({'url': url})}")["personas"]]

    def subject(self, url: str, persona: str) -> str:
        """Return the id by which the provider calls a persona, or the part of it that tells its users apart."""
        return str(self("POST", "subject", {"url": url, "persona": persona})["subject"])

    def journal(self) -> list[dict[str, Any]]:
        """Return every request that the sandbox has got, in order."""
        return list(self("GET", "journal")["journal"])
