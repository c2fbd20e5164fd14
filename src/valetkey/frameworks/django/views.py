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

from ...web.http import Incoming, Reply
from . import django_session
from .conf import sign_in
from .requests import forget_query, incoming_of, response_of


@csrf_exempt
@login_not_required
def answer(request: HttpRequest, path: str) -> HttpResponse:
    incoming = incoming_of(request, path)
    forget_query(request)
    reply = sign_in().answer(incoming)
    _keep_people_apart(request, incoming, reply)
    return response_of(reply)


def _keep_people_apart(request: HttpRequest, incoming: Incoming, reply: Reply) -> None:
    """Do for Django's session what ``login()`` and ``logout()`` do: a user who signs out is signed out of it too and
    leaves nothing in it, and a user who signs in finds no other user's data and no session id that a neighbour
    planted."""
    names = sign_in().endpoints.names
    session_token = names.session_set_by(reply.headers)
    if session_token is not None:
        django_session.after_sign_in(request, session_token)
    elif names.clear_session() in reply.headers:
        djangos = django_session.session_of_django(request)
        if djangos is not None and djangos.session_key:
            djangos.flush()
    elif incoming.method == "DELETE" and incoming.path == "session" and reply.status == 204:
        django_session.reconcile(request, None)  # the session of a bearer


for _alias in connections:
    transaction.non_atomic_requests(using=_alias)(answer)
