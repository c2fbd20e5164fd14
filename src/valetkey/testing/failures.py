"""Why nobody was signed in, in a sentence: the app's code and hint, and what the sandbox refused meanwhile."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from . import sandboxes
from .clients import Answer
from .control import Control


class SignInFailed(AssertionError):
    """Nobody was signed in. ``code`` is the app's, as in docs/errors, where it had come that far."""

    def __init__(self, sentence: str, code: str | None = None) -> None:
        self.code = code
        super().__init__(sentence)


def failure(
    what: str, answer: Answer, began: float, sandbox: Control | None = None, error: dict[str, str] | None = None
) -> SignInFailed:
    """What an answer that should have been another says of it. ``sandbox`` is the one that was met, if any."""
    error = error or json_of(answer).get("error")
    if not isinstance(error, dict) or not {"code", "message", "hint"} <= error.keys():
        location = answer.header("location")
        onward = f", sent on to {urlsplit(location)._replace(query='', fragment='').geturl()}" if location else ""
        return SignInFailed(
            f"{what}: the app answered with {answer.status}{onward}, and not as valetkey does. Are its routes mounted, "
            "and open to people who are not signed in? signed_in(client, at='/auth/twitter') says where they are."
        )
    sentence = f"{what}: {error['code']}. {error['message']} {error['hint']}"
    known_here = [sandbox] if sandbox is not None else sandboxes.running
    entries = [entry for one in known_here for entry in one.journal() if entry["at"] >= began]
    reasons = [f"{entry['endpoint']}: {entry['reason']}" for entry in entries if entry.get("reason")]
    if reasons:
        sentence += f" The sandbox said of {reasons[-1]}."
    elif known_here and not entries and error["code"].startswith(("provider", "wrong_keys")):
        sentence += f" The sandbox at {known_here[-1].origin} was not asked at all. {how_to_point()}"
    return SignInFailed(sentence, error["code"])


def how_to_point() -> str:
    return (
        "Build the app with valetkey_sandbox.settings, or in an environment of valetkey_environment: "
        "VALETKEY_TWITTER_API and VALETKEY_TWITTER_BROWSER name the sandbox."
    )


def json_of(answer: Answer) -> dict[str, Any]:
    """What an answer says, where it is a JSON object."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
