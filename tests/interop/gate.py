"""A gate in front of a server that others wrote: its address is the server's public one, and it keeps a journal.

So a test can say what the server was asked and what it answered, whatever the server itself logs; and a reply can be
lost on its way back, as ``Cutter`` does it.
"""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

from support.cutting import Cutter
from support.forwarding import reset


@dataclass(frozen=True, kw_only=True)
class Passed:
    """A request that went through, and its answer's status. ``form`` has the body's fields, ``query`` the URL's."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    headers: dict[str, str]
    status: int
    answer: bytes

    @property
    def json(self) -> Any:
        """The answer, as a JSON text that is sent in one piece."""
        return json.loads(self.answer[self.answer.index(b"{") : self.answer.rindex(b"}") + 1])


class Gate(Cutter):
    """Listens at a free port. ``target`` is the server's, which is known only once it runs. ``unknown`` are names of
    parameters that do not reach it, as if it knew nothing of them."""

    def __init__(self) -> None:
        self.journal: list[Passed] = []
        self.unknown: frozenset[str] = frozenset()
        super().__init__(0, target=0)
        self.origin = f"http://localhost:{self.port}"

    def serve(self, client: socket.socket) -> None:
        request = self._without(self._read(client))
        way = self._struck(request.partition(b"\r\n")[0].decode("latin-1")) if request else None
        if request and way != "there":
            answer = self._asked(request)
            self.journal.append(passed(request, answer))
            if way is None:
                client.sendall(answer)
        if way is not None:
            reset(client)

    def _asked(self, request: bytes) -> bytes:
        answer = b""
        with socket.create_connection(("127.0.0.1", self.target), 30) as server:
            server.sendall(self._closing(request))
            while data := server.recv(65536):
                answer += data
        return answer

    def _without(self, request: bytes) -> bytes:
        """The request without the parameters that the server is not to know, in its address and in its form."""
        if not self.unknown or not request:
            return request
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, version = first.split(" ")
        target = urlunsplit(urlsplit(target)._replace(query=self._known(urlsplit(target).query)))
        body = self._known(body.decode("latin-1")).encode("latin-1")
        lines = [line for line in lines if not line.lower().startswith("content-length:")]
        kept = "\r\n".join([f"{method} {target} {version}", *lines, f"Content-Length: {len(body)}"])
        return kept.encode("latin-1") + b"\r\n\r\n" + body

    def _known(self, encoded: str) -> str:
        return "&".join(pair for pair in encoded.split("&") if pair.partition("=")[0] not in self.unknown)

    def posts(self, path: str) -> list[Passed]:
        """The POSTs to one path, in order."""
        return [one for one in self.journal if (one.method, one.path) == ("POST", path)]


def passed(request: bytes, answer: bytes) -> Passed:
    """What the journal keeps of a request and its answer."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    parts = urlsplit(target)
    headers = {name.lower(): value.strip(" ") for name, _, value in (line.partition(":") for line in lines)}
    is_form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    return Passed(
        method=method,
        path=parts.path,
        query=_single(parts.query),
        form=_single(body.decode("latin-1")) if is_form else {},
        headers=headers,
        status=int(answer.split(b" ", 2)[1]) if answer else 0,
        answer=answer.partition(b"\r\n\r\n")[2],
    )


def _single(encoded: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(encoded, keep_blank_values=True).items()}
