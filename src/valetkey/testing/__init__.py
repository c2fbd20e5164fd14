"""Helps to test an app that signs in with valetkey, offline and through the real flow.

    def test_my_page(client):
        account = signed_in(client, "ada")
        assert client.get("/api/me").json()["id"] == account.id

All routes of the app run, and the sandbox takes the place of X. pytest has two fixtures without an import:
``valetkey_sandbox`` and ``valetkey_environment``. See docs/testing.md.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .failures import SignInFailed
    from .pages import sign_in_page
    from .sandboxes import Sandbox, running_sandbox
    from .signing_in import signed_in, signed_out

__all__ = ["Sandbox", "SignInFailed", "running_sandbox", "sign_in_page", "signed_in", "signed_out"]

# Imported when they are first used, because pytest imports this package at the start of every run, for its plugin.
_MODULE_OF = {
    "Sandbox": "sandboxes",
    "SignInFailed": "failures",
    "running_sandbox": "sandboxes",
    "sign_in_page": "pages",
    "signed_in": "signing_in",
    "signed_out": "signing_in",
}


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
