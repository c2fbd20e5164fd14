"""Steers a sandbox by its address, whichever process it runs in: what a person would do there, and what a test wants to
know of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_PATIENCE_SECONDS = 10.0


class SaidNo(ValueError):
    """The sandbox's own sentence about what it was asked."""


@dataclass(frozen=True, slots=True)
class Control:
    """The sandbox at ``origin``."""

    origin: str

    def __call__(self, method: str, path: str, value: object = None) -> Any:
        """One request, and its answer's JSON. It blocks, also in an event loop: for a millisecond.

        Raises:
            OSError, ValueError: nobody is there, or not a sandbox.
            SaidNo: it will not do that.
        """
        from http.client import HTTPConnection, HTTPException  # not at pytest's start

        there = urlsplit(self.origin)
        connection = HTTPConnection(there.hostname or "", there.port, timeout=_PATIENCE_SECONDS)
        headers = {"X-Sandbox-Control": "1", "Content-Type": "application/json"}
        body = json.dumps(value) if value is not None else None
        try:
            connection.request(method, f"/__sandbox__/{path}", body, headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
        except HTTPException as fault:
            raise ValueError(f"{self.origin} does not speak as a sandbox does") from fault
        finally:
            connection.close()
        if response.status != 200:
            raise SaidNo(answer.get("error", f"{response.status}"))
        return answer

    def approve(self, oauth_token: str, who: dict[str, str]) -> str:
        """As if that person had pressed **Authorize app**; the callback's address. Raises: SaidNo."""
        return str(self("POST", "approve", {"oauth_token": oauth_token, **who})["callback"])

    def handles(self) -> list[str]:
        return [str(one["handle"]) for one in self("GET", "personas")["personas"]]

    def journal(self) -> list[dict[str, Any]]:
        return list(self("GET", "journal")["journal"])
