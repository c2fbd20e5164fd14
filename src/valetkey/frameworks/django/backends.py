"""The backend that ``BACKEND_SESSION_KEY`` names in a session of Django's whose user signed in with valetkey."""

from __future__ import annotations

from django.contrib.auth.backends import BaseBackend


class SignInBackend(BaseBackend):
    """Authenticates nobody and returns no user, even where ``AUTHENTICATION_BACKENDS`` lists it.

    The session only records whose data it holds. ``request.user`` follows valetkey's session, so that a session that is
    revoked signs nobody in.
    """
