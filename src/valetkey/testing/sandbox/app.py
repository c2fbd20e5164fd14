"""The sandbox as an ASGI app: signed endpoints, pages for people, a control for tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from email.utils import formatdate

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import consent, control, oauth
from .faults import AFTER, before, drop, edited
from .oauth import Answered, Refused
from .personas import picture
from .settings import SandboxSettings, names_this_machine
from .signature import Unreadable, read
from .state import State

Work = Callable[[State, Request, bytes], Awaitable[Answered]]


def create_app(settings: SandboxSettings) -> ASGIApp:
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
    return _dated(_on_this_machine(app), state)


def _on_this_machine(app: ASGIApp) -> ASGIApp:
    """Refuses every request that was sent to another name: pages of other sites reach no endpoint that way."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not names_this_machine(scope["headers"]):
            refusal = "The sandbox answers at 127.0.0.1, localhost and [::1] only; this Host is another one.\n"
            await Response(refusal, 421, media_type="text/plain")(scope, receive, send)
            return
        await app(scope, receive, send)

    return guarded


def _signed(state: State, endpoint: str, work: Work) -> Callable[[Request], Awaitable[Response]]:
    """A signed endpoint with its place in the journal, and the faults that wait for it."""

    async def answer(request: Request) -> Response:
        body = await request.body()
        entry = state.note(
            endpoint=endpoint, method=request.method, path=request.url.path, **_claimed(state, request, body)
        )
        fault = state.next_fault(endpoint)
        if fault is not None and fault["kind"] not in AFTER:
            entry.update(accepted=False, reason=f"fault: {fault['kind']}")  # before the client can know
            instead = await before(fault, request)
            if instead is not None:
                entry.update(status=instead.status_code)
                return instead
        try:
            answered = await work(state, request, body)
        except Refused as refused:
            answered = refused.answer
        entry.update(status=answered.status, accepted=answered.status == 200, reason=answered.reason, **answered.noted)
        if fault is not None and fault["kind"] == "commit_then_drop":
            return await drop(request)
        if fault is not None and fault["kind"] == "replace":
            edited(fault, answered)
        headers = {**answered.headers, "content-type": answered.content_type}
        if answered.reason and state.settings.diagnostics:
            # A header has visible ASCII only, and one line.
            headers["x-sandbox-reason"] = (
                answered.reason.encode("ascii", "backslashreplace").decode().replace("\n", " ")
            )
        return Response(answered.form() if answered.fields else answered.body, answered.status, headers)

    return answer


def _claimed(state: State, request: Request, body: bytes) -> dict[str, str | None]:
    """What a request says of itself, right or wrong: for the journal."""
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
    said = {name: signed.oauth(name) for name in named}
    return {**said, "nonce": said["oauth_nonce"], "user_agent": request.headers.get("user-agent")}


def _dated(app: ASGIApp, state: State) -> ASGIApp:
    """The sandbox's own Date, for it may have a clock of its own; and whether the connection stays."""

    async def with_date(scope: Scope, receive: Receive, send: Send) -> None:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(state.now(), usegmt=True).encode()
                closing = [] if state.settings.keep_alive else [(b"connection", b"close")]
                message = {**message, "headers": [*message["headers"], (b"date", date), *closing]}
            await send(message)

        await app(scope, receive, dated if scope["type"] == "http" else send)

    return with_date
