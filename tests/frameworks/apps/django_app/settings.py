import os
from pathlib import Path

SECRET_KEY = "oEGg1G4W552WE1QjRHJHCZR7dQalI4l419kr6yUKAU1UDlmd"
DEBUG = False
ALLOWED_HOSTS = ["*"]  # that of poisoned hosts nothing comes is not to be its merit
ROOT_URLCONF = os.environ.get("URLS", "django_app.urls")
FORCE_SCRIPT_NAME = os.environ.get("FORCE_SCRIPT_NAME")
WSGI_APPLICATION = os.environ.get("MOUNTED", "django_app.wsgi.application")
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "valetkey.frameworks.django",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "valetkey.frameworks.django.middleware.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
# For tests of what is wrong: a middleware that comes before all others, and one that is forgotten.
MIDDLEWARE = [*os.environ.get("OUTERMOST", "").split(), *MIDDLEWARE]
MIDDLEWARE = [one for one in MIDDLEWARE if one not in os.environ.get("FORGOTTEN", "").split()]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
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
LOGIN_URL = "/"
STATIC_URL = "static/"
_VALETKEYS = Path(os.environ["VALETKEY_DATABASE"].removeprefix("sqlite:///"))
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": _VALETKEYS.with_name("django.db"),
        "ATOMIC_REQUESTS": True,
        "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL", "timeout": 20},
    }
}
