"""Finds the sandbox to which an app sends its users, and lets it approve."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .clients import Response
from .control import LOOPBACK_HOSTS, Callback, Control, ControlError
from .failures import SignInFailed, how_to_point

_REFRESH = re.compile(r"0; url=(\S+)")


def read_start(started: Response, at: str) -> tuple[Control, str]:
    """Return the sandbox, and the address in it to which the app sends its users.

    Args:
        started: what the app answered to the start of a login.
        at: the path of that request.

    Raises:
        SignInFailed: the response leads to no sandbox.
    """
    found = _REFRESH.fullmatch(started.header("refresh"))
    if found is None:
        raise SignInFailed(
            f"{at} was answered with 200, and without the Refresh header that leads to the provider. Either this is no "
            "route of valetkey's, or something in the app removes headers."
        )
    there = urlsplit(found[1])
    if there.hostname not in LOOPBACK_HOSTS:
        raise SignInFailed(
            f"The app sends its users to {there.scheme}://{there.netloc}, not to a sandbox. {how_to_point()}"
        )
    return Control(f"{there.scheme}://{there.netloc}"), found[1]


def approve(sandbox: Control, url: str, user: dict[str, object]) -> Callback:
    """Let the sandbox approve.

    Args:
        sandbox: where the app sends the user.
        url: the address there.
        user: ``persona``, or ``user_id`` and more about a user who is made up.

    Raises:
        SignInFailed: the sandbox refuses, or there is none.
        ValueError: it has no such persona.
    """
    try:
        return sandbox.approve(url, user)
    except ControlError as refusal:
        handles = sandbox.handles(url)
        if user.get("persona", handles[0]) in handles:
            raise SignInFailed(f"The sandbox would not approve: {refusal}.") from refusal
        raise ValueError(
            f"The sandbox has no persona {user['persona']!r}; there are {', '.join(handles)}. For a user of your own: "
            f"signed_in(client, user_id='1', handle={user['persona']!r})."
        ) from None
    except (OSError, ValueError):
        raise SignInFailed(
            f"The app sends its users to {sandbox.origin}, where no sandbox answers. {how_to_point()}"
        ) from None
