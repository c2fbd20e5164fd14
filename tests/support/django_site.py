"""The settings of a Django project for tests in this process; it can be configured once."""

from __future__ import annotations

import os
import tempfile

import django
from django.conf import settings

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
PAGES = {"403.html": "{{ user.is_authenticated }}: the app's own 403"}
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.locmem.Loader",
                    {"403.html": "{{ user.is_authenticated }}: the app's own 403"},
                ),
                "django.template.loaders.app_directories.Loader",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]


def configure() -> None:
    if settings.configured:
        return
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    directory = tempfile.mkdtemp()
    settings.configure(
        SECRET_KEY="Vcb83l8nDXwpj3aeRiJBeO93oj9qGtiOxq0DbscPiqktOYfz",
        ALLOWED_HOSTS=["127.0.0.1", "app.example.com"],
        ROOT_URLCONF="support.django_urls",
        INSTALLED_APPS=[
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "valetkey.frameworks.django",
        ],
        MIDDLEWARE=MIDDLEWARE,
        TEMPLATES=TEMPLATES,
        LOGIN_URL="/login/",
        USE_TZ=True,
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": f"{directory}/django.db",
                "ATOMIC_REQUESTS": True,
                "TEST": {"NAME": f"{directory}/test.db"},  # a file, that threads share
                "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL", "timeout": 20},
            }
        },
    )
    django.setup()
