"""How the sandbox answers: endpoints for programs, with journal, faults and reasons, and pages for users."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import quote

from .alterations import altered, altered_json
from .faults import AFTER_THE_WORK, drop, edited, instead_of
from .messages import Request, Response
from .state import State

JSON = "application/json;charset=utf-8"
# No form-action, because browsers apply it to the redirect after a form, which leads to the app.
_PAGE_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "x-frame-options": "SAMEORIGIN",
    "x-content-type-options": "nosniff",
}


@dataclass(slots=True)
class Answer:
    """An answer before it is sent.

    Args:
        status, body, content_type, headers: of HTTP.
        reason: why the request was refused.
        fields: a successful answer's fields, in place of a body. A fault may change them. They are sent as a JSON
            object if the content type is JSON's, else as a form.
        accepted: whether the request was accepted. None: by the status.
        journal: more for the journal.
    """

    status: int
    body: str = ""
    content_type: str = "text/html;charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    reason: str | None = None
    fields: list[tuple[str, Any]] | None = None
    accepted: bool | None = None
    journal: dict[str, object] = field(default_factory=dict)

    def text(self) -> str:
        """Return the body, made of the fields if there are any."""
        if self.fields is None:
            return self.body
        if "json" in self.content_type:
            return "{" + ", ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in self.fields) + "}"
        # A form is UTF-8, which has no half characters.
        return "&".join(f"{name}={quote(str(value), safe='-._~', errors='replace')}" for name, value in self.fields)


Endpoint: TypeAlias = Callable[[Request, bytes], Awaitable[Answer]]


class RequestRefused(Exception):
    """The request is refused with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.reason)
        self.answer = answer


def json_answer(value: Mapping[str, Any], status: int = 200, **more: Any) -> Answer:
    """Return an answer with a JSON object. A successful one may be changed by a fault."""
    if status == 200 and "reason" not in more:
        return Answer(200, fields=list(value.items()), content_type=JSON, **more)
    return Answer(status, json.dumps(value), JSON, **more)


def answering(
    state: State,
    provider: str,
    endpoint: str,
    handler: Endpoint,
    parameters: Callable[[Request, bytes], Mapping[str, Any]],
) -> Callable[[Request], Awaitable[Response]]:
    """Wrap an endpoint for programs: write the journal, and apply the faults that were set for it.

    Args:
        state: of the sandbox.
        provider: the provider's name in the sandbox.
        endpoint: the endpoint's name, for journal and faults.
        handler: does the work. It may raise ``RequestRefused``.
        parameters: what the journal keeps of a request, whether it is right or wrong.
    """

    async def answer(request: Request) -> Response:
        body = await request.body()
        entry = state.record(
            provider=provider,
            endpoint=endpoint,
            method=request.method,
            path=request.path,
            **parameters(request, body),
            user_agent=request.headers.get("user-agent"),
        )
        fault = state.next_fault(provider, endpoint)
        if fault is not None and fault["kind"] not in AFTER_THE_WORK:
            entry.update(accepted=False, reason=f"fault: {fault['kind']}")  # before the client notices
            instead = await instead_of(fault, request, state.faults_are_over)
            if instead is not None:
                entry.update(status=instead.status_code)
                return instead
        try:
            answer = await handler(request, body)
        except RequestRefused as refused:
            answer = refused.answer
        accepted = answer.status == 200 if answer.accepted is None else answer.accepted
        entry.update(status=answer.status, accepted=accepted, reason=answer.reason, **answer.journal)
        if not accepted:
            entry.update(refusal=answer.text())
        if fault is not None and fault["kind"] == "commit_then_drop":
            return await drop(request)
        if fault is not None and fault["kind"] == "replace" and answer.fields is not None:
            answer.fields = edited(fault, answer.fields)
        if accepted and (alteration := state.alterations.get(provider)):
            _alter(answer, alteration)
        headers = {**answer.headers, "content-type": answer.content_type, **_reason(state, answer.reason)}
        return Response(answer.text(), answer.status, headers)

    return answer


def _alter(answer: Answer, alteration: Mapping[str, Any]) -> None:
    if answer.fields is not None:
        answer.fields = list(altered(alteration, dict(answer.fields)).items())
    elif "json" in answer.content_type:
        answer.body = altered_json(alteration, answer.body)


def showing(
    state: State,
    provider: str,
    endpoint: str,
    verb: Callable[[Request, dict[str, Any]], Awaitable[Response]],
    headers: Callable[[], Mapping[str, str]],
) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a page: write the journal, and set the headers on redirects, too, because COOP counts on each hop.

    Args:
        state, provider, endpoint: as for ``answering``.
        verb: does the work. It gets the entry of the journal, to say more.
        headers: further headers of the provider's pages.
    """

    async def answer(request: Request) -> Response:
        entry = state.record(provider=provider, endpoint=endpoint, method=request.method, path=request.path)
        response = await verb(request, entry)
        entry.setdefault("accepted", response.status_code < 400)
        entry.update(status=response.status_code)
        for name, value in {**_PAGE_HEADERS, **headers(), **_reason(state, entry.get("reason"))}.items():
            response.headers.setdefault(name, value)
        return response

    return answer


def callback_url(callback: str, **query: str) -> str:
    """Return the callback URL with these parameters added to its query."""
    added = "&".join(f"{name}={quote(value, safe='-._~')}" for name, value in query.items())
    return f"{callback}{'&' if '?' in callback else '?'}{added}"


def _reason(state: State, reason: str | None) -> dict[str, str]:
    if not reason or not state.settings.diagnostics:
        return {}
    # A header has visible ASCII only, and one line.
    return {"x-sandbox-reason": reason.encode("ascii", "backslashreplace").decode().replace("\n", " ")}
