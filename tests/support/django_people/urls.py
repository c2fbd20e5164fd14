from django.urls import include, path

urlpatterns = [path("auth/", include("valetkey.frameworks.django.urls"))]
