"""For the tests of an app that signs in with valetkey: offline, through the real flow.

def test_my_page(client):
    account = signed_in(client, "ada")
    assert client.get("/api/me").json()["id"] == account.id

The routes of the app run for real, and the sandbox stands in for X. pytest has it as fixtures, without an import:
``valetkey_sandbox`` and ``valetkey_environment``.
"""

from .pages import sign_in_page
from .sandboxes import Sandbox, running_sandbox
from .signing_in import SignInFailed, signed_in, signed_out

__all__ = ["Sandbox", "SignInFailed", "running_sandbox", "sign_in_page", "signed_in", "signed_out"]
