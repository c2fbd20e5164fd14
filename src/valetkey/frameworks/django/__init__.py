"""Django: an app of its own, whose people are ``django.contrib.auth``'s.

INSTALLED_APPS = [..., "valetkey.frameworks.django"]
MIDDLEWARE = [..., "valetkey.frameworks.django.middleware.SignInMiddleware"]  # after AuthenticationMiddleware
urlpatterns = [..., path("auth/", include("valetkey.frameworks.django.urls"))]

``request.user`` is then who signed in, for ``login_required``, permissions and the admin. What concerns the sign-in
itself, and takes the pass as a bearer too, is here: ``session_of`` and ``session_required``. ``logout()`` signs out;
``sign_out`` is another name for it.
"""

from django.contrib.auth import logout as sign_out

from .sessions import session_of, session_required

__all__ = ["session_of", "session_required", "sign_out"]
