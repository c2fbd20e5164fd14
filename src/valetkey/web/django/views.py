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

from .conf import sign_in
from .requests import forget_query, incoming_of, response_of


@csrf_exempt
@login_not_required
def answer(request: HttpRequest, path: str) -> HttpResponse:
    incoming = incoming_of(request, path)
    forget_query(request)
    return response_of(sign_in().answer(incoming))


for _alias in connections:
    transaction.non_atomic_requests(using=_alias)(answer)
