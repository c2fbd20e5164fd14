from django.urls import include, path

from django_app import urls

account = [path("in/", include(("valetkey.frameworks.django.urls", "valetkey"), namespace="sign-in"))]
urlpatterns = [
    path("account/", include((account, "account"), namespace="account")),
    *(one for one in urls.urlpatterns if str(one.pattern) != "auth/"),
]
