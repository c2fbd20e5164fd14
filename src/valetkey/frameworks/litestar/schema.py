"""The session in OpenAPI: a cookie or a bearer token."""

from __future__ import annotations

from litestar.openapi.spec import Components, SecurityRequirement, SecurityScheme

COOKIE_OR_BEARER: tuple[SecurityRequirement, ...] = ({"SessionCookie": []}, {"SessionBearer": []})


def components(cookie: str) -> Components:
    """The two security schemes.

    Args:
        cookie: the name of the session cookie.
    """
    in_cookie = SecurityScheme(
        type="apiKey",
        name=cookie,
        security_scheme_in="cookie",
        description="Set by signing in on a page of this origin.",
    )
    bearer = SecurityScheme(type="http", scheme="bearer", description="The same session token.")
    return Components(security_schemes={"SessionCookie": in_cookie, "SessionBearer": bearer})
