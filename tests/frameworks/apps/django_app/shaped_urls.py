"""The urlconf below a path of its own, and with the mistakes that people make. ``SHAPE`` says which."""

import os

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

from django_app import urls

others = [one for one in urls.urlpatterns if str(one.pattern) not in ("admin/", "auth/")]
ours = path("auth/", include("valetkey.frameworks.django.urls"))
urlpatterns = {
    "within": [path("app/", include(([ours, *others], "shop"), namespace="shop"))],
    "forgotten": others,
    "languages": [*i18n_patterns(ours), *others],
    "catch-all": [*others, path("<path:path>", urls.page), ours],
}[os.environ["SHAPE"]]
