"""A urlconf that has not heard of us."""

urlpatterns: list[object] = []
