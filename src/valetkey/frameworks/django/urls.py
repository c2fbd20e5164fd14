"""``path("auth/", include("valetkey.frameworks.django.urls"))``"""

from __future__ import annotations

from django.urls import re_path

from .views import answer

app_name = "valetkey"
urlpatterns = [re_path(r"^(?P<path>.*)\Z", answer, name="answer")]
