"""The authentication backend that is written into Django's session of a user who signed in with valetkey."""

from __future__ import annotations

from django.contrib.auth.backends import BaseBackend


class SignInBackend(BaseBackend):
    """Authenticates no user, even if ``AUTHENTICATION_BACKENDS`` lists it.

    Django's session only records whose data it has. ``request.user`` depends on valetkey's session, so that a revoked
    session signs no user in.
    """
