"""The sandbox's app: endpoints for programs, pages for users, and a control for tests."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import formatdate

from . import control, pages
from .leases import Leases
from .messages import Handler, Request, Response, Route, Silence, routed
from .personas import X, picture
from .played import FrontClass, PlayedFronts
from .settings import SandboxSettings, names_this_machine
from .state import State


def create_app(settings: SandboxSettings, more: Sequence[FrontClass] = ()) -> tuple[Handler, Leases]:
    """Return what answers, and the leases of the apps. It keeps its state in memory, and reads the settings at each
    request.

    Args:
        settings: of the sandbox.
        more: classes of further fronts.
    """
    state = State(settings)
    leases = Leases()
    fronts, routers = PlayedFronts(state, more), dict[str, Handler]()

    async def pictures(request: Request) -> Response:
        handle = request.path_params["handle"]
        found = next((one for one in state.personas if one.handle == handle), None)
        headers = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return (
            Response(picture(found), media_type="image/svg+xml", headers=headers)
            if found
            else Response(status_code=404)
        )

    async def stylesheet(request: Request) -> Response:
        return Response(pages.STYLE, media_type="text/css")

    main = routed(
        [
            Route("/pictures/{handle}.svg", pictures),
            Route("/sandbox.css", stylesheet),
            *fronts.named(X).routes(),
            *control.routes(state, fronts, leases),
        ]
    )

    async def answer(request: Request) -> Response:
        front = fronts.at(request.path) if request.path.startswith("/") else None
        if front is None or front.name == X:  # it is at the root, as are the other routes
            return await main(request)
        if front.name not in routers:
            routers[front.name] = routed(front.routes())
        return await routers[front.name](request)

    return _with_date(_on_this_machine(_with_pages(answer, leases)), state), leases


def _with_pages(answer: Handler, leases: Leases) -> Handler:
    """Note when a user is at a consent page, and when that user has decided."""

    async def noted(request: Request) -> Response:
        response = await answer(request)
        if request.method == "POST" and request.path.endswith("/decide"):
            leases.leave_page()
        elif pages.FORM_KEY in response.content:
            leases.show_page()
        return response

    return noted


def _on_this_machine(answer: Handler) -> Handler:
    """Refuse requests that were sent to another host name, so that pages of other sites reach no endpoint."""

    async def guarded(request: Request) -> Response:
        if not names_this_machine(request.raw_headers):
            refusal = "The sandbox answers at 127.0.0.1, localhost and [::1] only; this Host is another one.\n"
            return Response(refusal, 421, media_type="text/plain")
        return await answer(request)

    return guarded


def _with_date(answer: Handler, state: State) -> Handler:
    """Add the sandbox's own Date, because its clock may be set differently, and close the connection if it must."""

    async def dated(request: Request) -> Response:
        response = await answer(request)
        if not isinstance(response, Silence):
            response.headers["date"] = formatdate(state.now(), usegmt=True)
            if not state.settings.keep_alive:
                response.headers["connection"] = "close"
        return response

    return dated
