"""Django: an app whose users are those of ``django.contrib.auth``.

    INSTALLED_APPS = [..., "valetkey.frameworks.django"]
    MIDDLEWARE = [..., "valetkey.frameworks.django.middleware.SignInMiddleware"]  # after AuthenticationMiddleware
    urlpatterns = [..., path("auth/", include("valetkey.frameworks.django.urls"))]

``request.user`` is then the user who is signed in, for ``login_required``, permissions and the admin. ``logout()``
signs out, and ``sign_out`` is another name for it.

This module has what concerns the sign-in itself:

* ``session_of`` and ``session_required`` also accept a bearer token.
* ``accounts`` looks up, lists, disables, enables, deletes and exports accounts (see ``Accounts``). The id of a user's
  account is ``user.sign_in_account.account_id``.
* ``sessions`` lists and ends the sessions of an account (see ``Sessions``).

In an async view, call them with ``sync_to_async``: ``await sync_to_async(accounts.disable)(account_id)``.
"""

from django.contrib.auth import logout as sign_out

from ...sessions.accounts import Accounts
from ...sessions.open_sessions import Sessions
from .conf import sign_in
from .current import session_of, session_required

accounts = Accounts(lambda: sign_in().assembly.accounts)
sessions = Sessions(lambda: sign_in().assembly.account_sessions)

__all__ = ["accounts", "session_of", "session_required", "sessions", "sign_out"]
