"""The app that ``valetkey demo`` and ``valetkey serve`` run: what a developer would write, and a page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib import resources
from pathlib import PurePosixPath

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...errors import NotSignedIn, ValetkeyError
from ...frameworks.starlette import SignIn
from ...providers.record.provider import Provider
from ...settings import Settings, origin_of
from ...web.replies import account_body, error_body, error_headers

_MODULE, _ACCOUNT = "/auth/client.js", "/auth/account.js"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".html": "text/html"}


def create_app(settings: Settings, *, sandbox: bool) -> Starlette:
    """Build the demo app.

    Args:
        settings: the configuration.
        sandbox: whether the page says that the provider is a sandbox.

    Returns:
        An ASGI app.

    Raises:
        SettingsError: a secret is weak, or the database's address is not valid.
    """
    sign_in = SignIn(settings)
    static = resources.files(__package__) / "static"
    # In token delivery the page is the same, except for the module that it loads.
    module = f"{settings.public_prefix}/" + ("token.js?store=local" if settings.hands_out_tokens else "client.js")
    page = (static / "index.html").read_text(encoding="utf-8").replace("{{sandbox}}", "true" if sandbox else "false")
    page = page.replace(_MODULE, module).replace("{{stand_in}}", escape(_stand_in(settings.providers)))
    page = page.replace("{{sign_in_buttons}}", "\n        ".join(map(_sign_in_button, settings.providers)))
    page = page.replace("{{link_buttons}}", "\n          ".join(map(_link_button, settings.providers)))
    account = module if settings.hands_out_tokens else f"{settings.public_prefix}/account.js"
    api_origins = sorted({origin_of(url) for one in settings.providers for url in one.requested})
    policy = "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            # A user's picture comes from the provider. Nothing else comes from another origin.
            f"img-src 'self' data: https: {' '.join(api_origins) if sandbox else ''}".strip(),
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        )
    )

    async def index(request: Request) -> Response:
        headers = {"content-security-policy": policy, "cache-control": "no-store"}
        return Response(page, media_type="text/html", headers=headers)

    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        file = static / name
        suffix = PurePosixPath(name).suffix
        if suffix not in _TYPES or not file.is_file():
            return Response(status_code=404)
        text = file.read_text(encoding="utf-8").replace(_MODULE, module).replace(_ACCOUNT, account)
        return Response(text, media_type=_TYPES[suffix], headers={"cache-control": "no-cache"})

    async def me(request: Request) -> Response:
        try:
            session = await sign_in.session_of(request)
            if session is None:
                raise NotSignedIn
        except ValetkeyError as error:
            body = {"error": error_body(error)}
            return JSONResponse(body, error.status, headers=dict(error_headers(error)))
        return JSONResponse(account_body(session.account), headers={"cache-control": "no-store"})

    return Starlette(
        routes=[
            Route("/", index),
            Route("/api/me", me),
            Route("/static/{name}", asset),
            *sign_in.routes,
        ],
        lifespan=sign_in.lifespan,
    )


def _sign_in_button(provider: Provider) -> str:
    return f'<sign-in-button provider="{provider.name}"></sign-in-button>'


def _link_button(provider: Provider) -> str:
    # The script names it, because it knows which identities the account has.
    return f'<button data-provider="{provider.name}" data-title="{escape(provider.title)}"></button>'


def _stand_in(providers: Sequence[Provider]) -> str:
    """What is behind the page, as the rest of a sentence."""
    if len(providers) > 1:
        return f"are stand-ins for {len(providers)} providers"
    return f"is a stand-in for {providers[0].title}"
