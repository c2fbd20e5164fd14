"""What the answers to the start-up check mean: each problem is a sentence with its fix."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...settings import Settings
from .. import pages
from ..cookies import CookieNames
from .blame import blame
from .in_process import AppReply, AppRequest
from .places import Place, address_for, agrees
from .requests import Answers, is_ours, page_request, preflight_requests, sign_out_request

_PLAIN_PATH = re.compile(r"[A-Za-z0-9._~/-]{1,120}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounts:
    """Where the routes are in an app.

    Args:
        paths: the path of the routes at each mount. Empty: the app does not have them. None: that is not known.
        add_them: the code that adds them.
    """

    paths: Sequence[str] | None = None
    add_them: str = ""


def problems(settings: Settings, answers: Answers, mounts: Mounts) -> list[str]:
    """Return what is wrong with the answers, each problem with its fix.

    Args:
        settings: of the app.
        answers: what the app has answered.
        mounts: where the routes are in the app.
    """
    place, page, sign_out = answers.place, answers.page, answers.sign_out
    if not is_ours(page) or sign_out is None:
        return [_not_our_page(settings, place, page, mounts)]
    found, below = [], f"{place.path}/"
    for name, ours in (("cross-origin-opener-policy", "unsafe-none"), ("content-security-policy", pages.policy(None))):
        if page.all(name) != [ours]:
            found.append(
                f"Something in the app sets {name.title()} on the pages below {below}, where valetkey sets "
                "it already. The popup would be cut off, or its page would not run. Make it keep a header that is "
                f"already set, or exclude what is below {below}."
            )
    request = sign_out_request(settings, place)
    if sign_out.error is not None:
        found.append(_raises(request, sign_out.error, below))
    elif sign_out.status != 204:
        found.append(
            f"The app answers {request.method} {request.path} with {sign_out.status}, before the "
            f"request reaches valetkey. Exempt what is below {below} there. (A CSRF layer? valetkey has its "
            "own, which is stricter.)"
        )
    elif CookieNames(secure=settings.secure, name=settings.cookie).clear_session()[1] not in sign_out.all("set-cookie"):
        found.append(
            "Something in the app changes or drops the cookies that valetkey sets (their attributes, or the whole "
            f"header). Exempt what is below {below} there, or no user stays signed in."
        )
    for request, preflight in zip(preflight_requests(settings, place), answers.preflights, strict=True):
        if not _allows(preflight, request.headers):
            found.append(
                f"A CORS layer of the app answers for valetkey, and a page on {request.headers['origin']}, which "
                "VALETKEY_ORIGINS names, could not sign in and out. Make it leave out what is below "
                f"{below}, or allow that origin there too, with credentials, the methods GET, POST and "
                f"DELETE, and the headers {request.headers['access-control-request-headers']}."
            )
    return found


def arrival_problem(settings: Settings, arrived: str, mounts: Mounts) -> str | None:
    """Return a sentence, if a request arrived at the routes where no request for the public path could. Else None.

    Args:
        settings: of the app.
        arrived: the path of the routes in that request, with what the server says that the app is below.
        mounts: where the routes are in the app.
    """
    if agrees(settings, arrived, mounts.paths or ()):
        return None
    public = settings.public_prefix
    if not _PLAIN_PATH.fullmatch(arrived):  # a proxy or a middleware may have it from the client
        return (
            f"The callback URL says that the routes of valetkey are at {public}/, and a request arrived for them at "
            "another path. Look at what the server says that the app is below (root_path, SCRIPT_NAME)."
        )
    return (
        f"The callback URL says that the routes of valetkey are at {public}/, and the app has them at {arrived}/, with "
        "what the server or the app says that it is below (root_path, SCRIPT_NAME, a mount). If browsers see them "
        f"there, set {address_for(settings, arrived)} and register the callback URLs at the providers. If not, take "
        "that path away from the server or the app."
    )


def forgotten(settings: Settings, add_them: str) -> str:
    """Return a sentence for an app that asks who is signed in, and has no routes.

    Args:
        settings: of the app.
        add_them: the code that adds them.
    """
    return (
        "this app asks who is signed in, and does not have the routes of valetkey. Add them: "
        f"{add_them}. If another process serves {settings.public_origin}{settings.public_prefix}/, ignore this line."
    )


def not_taken(settings: Settings, path: str, paths: Sequence[str]) -> str | None:
    """Return a sentence, if a request of the app's own shows that no callback can arrive. Else None.

    The start-up check has to believe that a proxy takes the path of the app away. A request that has it shows that
    none does.

    Args:
        settings: of the app.
        path: of the request, which has no root path.
        paths: the paths of the routes in the app.
    """
    base = settings.public_base
    if not paths or settings.public_prefix in paths or not path.startswith(f"{base}/"):
        return None
    return (
        f"requests arrive at this app with {base} in their path, and the routes of valetkey are at {paths[0]}/ in it, "
        f"so that no callback can arrive. Mount them below {base} as well, where the app's own routes are."
    )


def _allows(preflight: AppReply, asked: Mapping[str, str]) -> bool:
    """Read the answer as a browser does. With credentials a star is no wildcard. Fetch standard §4.9."""

    def listed(name: str) -> set[str]:
        return {one.strip().lower() for value in preflight.all(name) for one in value.split(",")}

    return (
        200 <= preflight.status < 300
        and preflight.all("access-control-allow-origin") == [asked["origin"]]
        and preflight.all("access-control-allow-credentials") == ["true"]
        and asked["access-control-request-method"].lower() in listed("access-control-allow-methods")
        and set(asked["access-control-request-headers"].split(",")) <= listed("access-control-allow-headers")
    )


def _not_our_page(settings: Settings, place: Place, page: AppReply, mounts: Mounts) -> str:
    request, below, status = page_request(settings, place), f"{place.path}/", page.status
    if page.error is not None:
        return _raises(request, page.error, below)
    if status == 404:
        return _not_found(settings, request, mounts)
    if status == 400:
        return (
            f"The app refuses its own address, {request.headers['host']}, which the callback URL names. Add it where "
            "the app lists the hosts that it answers to."
        )
    if status == 429:
        return (
            f"A rate limiter of the app answers {request.path} with 429. Exempt what is below {below} from "
            "it (docs/rate-limits.md). Starts have a limit of their own, VALETKEY_START_LIMIT."
        )
    if status >= 500:
        return (
            f"The app answers {request.path} with {status}, before the request reaches valetkey. Something in the app "
            f"fails there; its log has the traceback. Make it leave out what is below {below}."
        )
    if status == 200 and any(value.startswith("text/html") for value in page.all("content-type")):
        return (
            f"The app answers {request.path} with a page of its own, before the request reaches valetkey. The order is "
            'wrong: a route that catches everything, or a mount at "/", stands before the routes of valetkey. Put '
            f"them first. (If that page is a login form, exempt what is below {below} from the login.)"
        )
    return (
        f"The app answers {request.path} with {status}, before the request reaches valetkey. What is below "
        f"{below} must be open to users who are not signed in: exempt it there."
    )


def _raises(request: AppRequest, error: Exception, below: str) -> str:
    return (
        f"The app fails at {request.method} {request.path} with {blame(error)}, before valetkey can answer. Make that "
        f"code leave out what is below {below}, or work without a user and without what only some requests have."
    )


def _not_found(settings: Settings, request: AppRequest, mounts: Mounts) -> str:
    public, at = settings.public_prefix, mounts.paths
    said = f"valetkey does not answer at {request.path}. The callback URL says that its routes are mounted at {public}"
    if at is None:
        return f"{said}: mount them there, without another prefix before it, or change both."
    if not at:
        return f"{said}, and this app does not have them. Add them: {mounts.add_them}"
    if any(public.endswith(one) for one in at):
        return (
            f'{said}, and they are there, but something before them answers with 404: a mount at "/", a route that '
            "catches everything, or a host that the routes are bound to. Put the routes of valetkey first."
        )
    return (
        f"{said}, and the app has them at {at[0]}. Set {address_for(settings, at[0])} and register the callback URLs "
        "at the providers, or mount the routes without that path before them."
    )
