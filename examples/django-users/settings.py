import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).parent
URL = urlsplit(os.environ.get("VALETKEY_URL", ""))
IS_PUBLIC = URL.scheme == "https"

SECRET_KEY = os.environ.get("SECRET_KEY") or secrets.token_urlsafe(40)
ALLOWED_HOSTS = [URL.hostname] if IS_PUBLIC else ["127.0.0.1", "localhost"]
ROOT_URLCONF = "urls"
USE_TZ = True
STATIC_URL = "static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
EXAMPLE_PAGE = HERE.parent / "page"

AUTH_USER_MODEL = "people.Person"
VALETKEY = {
    "RESOLVE_ACCOUNT": "people.sign_in.resolve_account",
    "TWITTER_EMAIL": True,  # a Person needs an address, and X sends none without this permission
}
INSTALLED_APPS = [
    "people",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "valetkey.frameworks.django",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "valetkey.frameworks.django.middleware.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [EXAMPLE_PAGE],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("EXAMPLE_DATABASE", "sqlite:///users.db").removeprefix("sqlite:///"),
    }
}

# What ``manage.py check --deploy`` asks for, behind a proxy that speaks https
if IS_PUBLIC:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 3600
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # subdomains and preloading are the owner's decision
