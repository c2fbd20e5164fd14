from typing import Any

from django.http import HttpRequest, HttpResponse


def severs(get_response: Any) -> Any:
    """A middleware that sets a header on every answer, also on ours, and so cuts the popup off."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response: HttpResponse = get_response(request)
        response["Cross-Origin-Opener-Policy"] = "same-origin"
        return response

    return middleware
