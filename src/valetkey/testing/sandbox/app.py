"""The sandbox as an ASGI app: signed endpoints, pages for users, and a control for tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from email.utils import formatdate

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import consent, control, oauth
from .faults import AFTER_THE_WORK, drop, edit, instead_of
from .oauth import Answer, RequestRefused
from .personas import picture
from .settings import SandboxSettings, names_this_machine
from .signature import Unreadable, read
from .state import State

Endpoint = Callable[[State, Request, bytes], Awaitable[Answer]]


def create_app(settings: SandboxSettings) -> ASGIApp:
    """Return the sandbox as an ASGI app. It keeps its state in memory, and reads the settings at each request."""
    state = State(settings)

    async def pictures(request: Request) -> Response:
        handle = request.path_params["handle"]
        found = state.persona(handle)
        headers = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return (
            Response(picture(found), media_type="image/svg+xml", headers=headers)
            if found
            else Response(status_code=404)
        )

    app = Starlette(
        routes=[
            Route("/oauth/request_token", _signed(state, "request_token", oauth.request_token), methods=["POST"]),
            Route("/oauth/access_token", _signed(state, "access_token", oauth.access_token), methods=["POST"]),
            Route(
                "/1.1/account/verify_credentials.json",
                _signed(state, "verify_credentials", oauth.verify_credentials),
                methods=["GET"],
            ),
            Route("/2/users/me", _signed(state, "users_me", oauth.users_me), methods=["GET"]),
            Route("/pictures/{handle}.svg", pictures),
            *consent.routes(state),
            *control.routes(state),
        ]
    )
    return _with_date(_on_this_machine(app), state)


def _on_this_machine(app: ASGIApp) -> ASGIApp:
    """Refuse requests that were sent to another host name, so that pages of other sites reach no endpoint."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not names_this_machine(scope["headers"]):
            refusal = "The sandbox answers at 127.0.0.1, localhost and [::1] only; this Host is another one.\n"
            await Response(refusal, 421, media_type="text/plain")(scope, receive, send)
            return
        await app(scope, receive, send)

    return guarded


def _signed(state: State, endpoint: str, handler: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a signed endpoint: write the journal, and apply the faults that were set for it."""

    async def answer(request: Request) -> Response:
        body = await request.body()
        entry = state.record(
            endpoint=endpoint, method=request.method, path=request.url.path, **_parameters_of(state, request, body)
        )
        fault = state.next_fault(endpoint)
        if fault is not None and fault["kind"] not in AFTER_THE_WORK:
            entry.update(accepted=False, reason=f"fault: {fault['kind']}")  # before the client notices
            instead = await instead_of(fault, request)
            if instead is not None:
                entry.update(status=instead.status_code)
                return instead
        try:
            answer = await handler(state, request, body)
        except RequestRefused as refused:
            answer = refused.answer
        accepted = answer.status == 200
        entry.update(status=answer.status, accepted=accepted, reason=answer.reason, **answer.journal)
        if fault is not None and fault["kind"] == "commit_then_drop":
            return await drop(request)
        if fault is not None and fault["kind"] == "replace":
            edit(fault, answer)
        headers = {**answer.headers, "content-type": answer.content_type}
        if answer.reason and state.settings.diagnostics:
            # A header has visible ASCII only, and one line.
            headers["x-sandbox-reason"] = answer.reason.encode("ascii", "backslashreplace").decode().replace("\n", " ")
        return Response(answer.form() if answer.fields else answer.body, answer.status, headers)

    return answer


def _parameters_of(state: State, request: Request, body: bytes) -> dict[str, str | None]:
    """Return the protocol parameters of a request for the journal, whether they are right or wrong."""
    try:
        signed = read(
            method=request.method,
            origin=state.settings.origin,
            raw_path=b"",
            raw_query=request.scope["query_string"],
            headers=request.scope["headers"],
            body=body,
        )
    except Unreadable:
        return {}
    named = ("oauth_token", "oauth_callback", "oauth_verifier", "oauth_nonce", "oauth_timestamp", "oauth_signature")
    found = {name: signed.oauth(name) for name in named}
    return {**found, "nonce": found["oauth_nonce"], "user_agent": request.headers.get("user-agent")}


def _with_date(app: ASGIApp, state: State) -> ASGIApp:
    """Add the sandbox's own Date, because its clock may be set differently, and close the connection if it must."""

    async def with_date(scope: Scope, receive: Receive, send: Send) -> None:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(state.now(), usegmt=True).encode()
                closing = [] if state.settings.keep_alive else [(b"connection", b"close")]
                message = {**message, "headers": [*message["headers"], (b"date", date), *closing]}
            await send(message)

        await app(scope, receive, dated if scope["type"] == "http" else send)

    return with_date
