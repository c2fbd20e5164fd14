"""Django with django-allauth or social-auth-app-django (``WITH``), set up as their documentation says, on SQLite."""

from __future__ import annotations

import os

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import include, path

PROVIDER, WITH = os.environ["PROVIDER"], os.environ["WITH"]
APPS = ["auth", "contenttypes", "sessions", "messages"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
OWN = {
    "allauth": {
        "apps": ["allauth", "allauth.account", "allauth.socialaccount", "allauth.socialaccount.providers.twitter"],
        "middleware": ["allauth.account.middleware.AccountMiddleware"],
        "AUTHENTICATION_BACKENDS": [
            "django.contrib.auth.backends.ModelBackend",
            "allauth.account.auth_backends.AuthenticationBackend",
        ],
        "SOCIALACCOUNT_PROVIDERS": {"twitter": {"APP": {"client_id": "ck", "secret": "cs", "key": ""}}},
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        "ACCOUNT_RATE_LIMITS": False,
        "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
    },
    "social": {
        "apps": ["social_django"],
        "middleware": [],
        "AUTHENTICATION_BACKENDS": ["django_social.Twitter", "django.contrib.auth.backends.ModelBackend"],
        "SOCIAL_AUTH_TWITTER_KEY": "ck",
        "SOCIAL_AUTH_TWITTER_SECRET": "cs",
        "SOCIAL_AUTH_LOGIN_REDIRECT_URL": "/done",
    },
}[WITH]
settings.configure(
    SECRET_KEY="k" * 50,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    LOGGING_CONFIG=None,
    LOGIN_REDIRECT_URL="/done",
    INSTALLED_APPS=[f"django.contrib.{app}" for app in APPS] + OWN.pop("apps"),
    MIDDLEWARE=MIDDLEWARE + OWN.pop("middleware"),
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                ]
            },
        }
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["DB"],
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
            },
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    **OWN,
)
django.setup()
call_command("migrate", verbosity=0)


def done(request):
    return HttpResponse("signed in")


urlpatterns = [path("done", done)]
if WITH == "allauth":
    from allauth.socialaccount.providers.twitter import views

    urlpatterns.append(path("accounts/", include("allauth.urls")))
    views.TwitterAPI.url = f"{PROVIDER}/1.1/account/verify_credentials.json"
    views.TwitterOAuthAdapter.request_token_url = f"{PROVIDER}/oauth/request_token"
    views.TwitterOAuthAdapter.access_token_url = f"{PROVIDER}/oauth/access_token"
    views.TwitterOAuthAdapter.authorize_url = f"{PROVIDER}/oauth/authenticate"
else:
    urlpatterns.append(path("", include("social_django.urls", namespace="social")))
app = get_wsgi_application()
