"""One view for everything below the prefix.

It asks no token of Django's CSRF layer (ours is stricter: a request must come from a page of the app, and say so), it
is open to who is not signed in, and runs in no transaction: whom ``resolve_account`` has made is committed before the
session opens that names him.
"""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from ..messages import Reply
from .conf import sign_in
from .requests import forget_query, incoming_of, response_of


@csrf_exempt
@login_not_required
def answer(request: HttpRequest, path: str) -> HttpResponse:
    incoming = incoming_of(request, path)
    forget_query(request)
    reply = sign_in().answer(incoming)
    _keep_people_apart(request, reply)
    return response_of(reply)


def _keep_people_apart(request: HttpRequest, reply: Reply) -> None:
    """What ``login()`` and ``logout()`` do for the session of Django's: who signs out is signed out of that, too, and
    leaves nothing in it for whoever comes next; and nobody signs in on an id of it that a neighbour planted."""
    djangos = getattr(request, "session", None)
    if djangos is None or not djangos.session_key:
        return
    names = sign_in().endpoints.names
    if names.clear_session() in reply.headers:
        djangos.flush()
    elif any(name == "set-cookie" and value.startswith(f"{names.session}=") for name, value in reply.headers):
        djangos.cycle_key()


for _alias in connections:
    transaction.non_atomic_requests(using=_alias)(answer)
