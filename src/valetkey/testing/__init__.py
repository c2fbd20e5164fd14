"""For the tests of an app that signs in with valetkey: offline, through the real flow.

def test_my_page(client):
    account = signed_in(client, "ada")
    assert client.get("/api/me").json()["id"] == account.id

The routes of the app run for real, and the sandbox stands in for X. pytest has it as fixtures, without an import:
``valetkey_sandbox`` and ``valetkey_environment``.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .failures import SignInFailed
    from .pages import sign_in_page
    from .sandboxes import Sandbox, running_sandbox
    from .signing_in import signed_in, signed_out

__all__ = ["Sandbox", "SignInFailed", "running_sandbox", "sign_in_page", "signed_in", "signed_out"]

# Not before they are asked for: pytest imports this package at the start of every run, for its plugin.
_HOMES = {
    "Sandbox": "sandboxes",
    "SignInFailed": "failures",
    "running_sandbox": "sandboxes",
    "sign_in_page": "pages",
    "signed_in": "signing_in",
    "signed_out": "signing_in",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
