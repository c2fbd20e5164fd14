"""Says why no user was signed in: the app's error code and hint, and what the sandbox refused."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from . import sandboxes
from .clients import Response
from .control import Control


class SignInFailed(AssertionError):
    """No user was signed in.

    Attributes:
        code: the app's error code, as in docs/errors. None if the app sent none.
    """

    def __init__(self, sentence: str, code: str | None = None) -> None:
        self.code = code
        super().__init__(sentence)


def failure(
    step: str,
    response: Response,
    started_at: float,
    sandbox: Control | None = None,
    error: dict[str, str] | None = None,
) -> SignInFailed:
    """Return the error that explains an unexpected response.

    Args:
        step: what failed, such as ``The callback failed``.
        response: what the app answered.
        started_at: when the sign-in started, in seconds since 1970. Older entries of the journal do not count.
        sandbox: the sandbox that the app sent the client to, if it came that far.
        error: the error in the response, if it is not at its usual place.
    """
    error = error or json_of(response).get("error")
    if not isinstance(error, dict) or not {"code", "message", "hint"} <= error.keys():
        location = response.header("location")
        onward = f", sent on to {urlsplit(location)._replace(query='', fragment='').geturl()}" if location else ""
        return SignInFailed(
            f"{step}: the app answered with {response.status}{onward}, and not as valetkey does. Are its routes "
            "mounted, and open to users who are not signed in? signed_in(client, at='/auth/twitter') says where they "
            "are."
        )
    sentence = f"{step}: {error['code']}. {error['message']} {error['hint']}"
    candidates = [sandbox] if sandbox is not None else sandboxes.running
    entries = [entry for one in candidates for entry in one.journal() if entry["at"] >= started_at]
    reasons = [f"{entry['endpoint']}: {entry['reason']}" for entry in entries if entry.get("reason")]
    if reasons:
        sentence += f" The sandbox said of {reasons[-1]}."
    elif candidates and not entries and error["code"].startswith(("provider", "wrong_keys")):
        sentence += f" The sandbox at {candidates[-1].origin} was not asked at all. {how_to_point()}"
    return SignInFailed(sentence, error["code"])


def how_to_point() -> str:
    """Return a sentence that says how to point an app at the sandbox."""
    return (
        "Build the app with valetkey_sandbox.settings (for other providers than X, with "
        "valetkey_sandbox.settings_for('google')), or in an environment of valetkey_environment: "
        "VALETKEY_TWITTER_API and VALETKEY_TWITTER_BROWSER name the sandbox."
    )


def json_of(response: Response) -> dict[str, Any]:
    """Return the JSON object of a response. Empty if the body is none."""
    try:
        value = json.loads(response.body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
