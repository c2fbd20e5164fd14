"""The one view for everything below the prefix.

It is exempt from Django's CSRF protection: ours is stricter, as a request must come from a page of the app. It does not
require a login. It runs outside of a transaction, so that the user whom ``resolve_account`` creates is committed before
the session is opened.

Django's middleware asks the urlconf again when an answer is 404, and redirects to an address with a language or a slash
if there is one. From here on the request has a urlconf in which only our view is, so that our own 404 stays.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from django.contrib.auth.decorators import login_not_required
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from ...errors import Misconfigured
from ...web.http import Incoming, Reply
from ...web.startup.run import current_run
from . import conf, django_session, starting, test_run
from .conf import sign_in
from .current import user_signed_in_otherwise
from .not_configured import unconfigured_reply
from .requests import forget_query, incoming_of, response_of


@csrf_exempt
@login_not_required
def answer(request: HttpRequest, path: str) -> HttpResponse:
    # For the cache of a whole site. Before Django 5.2.10 it does not read no-store, and one user would get another's
    # session.
    request._cache_update_cache = False  # type: ignore[attr-defined]
    incoming = incoming_of(request, path)
    if sign_in().finds_user:
        incoming = replace(incoming, find_user=partial(user_signed_in_otherwise, request))
    forget_query(request)
    request.urlconf = f"{__package__}.urls"
    if current_run() is None:  # the start-up check signs nobody in
        test_run.start_sandbox()
    missing = conf.not_configured()
    if missing is not None:
        return response_of(unconfigured_reply(incoming, missing, request.path.removesuffix(f"/{path}")))
    try:
        starting.before_answer(request, path)
        reply = sign_in().answer(incoming)
    except Misconfigured as fault:
        reply = sign_in().endpoints.refuse(incoming, fault)
    _keep_users_apart(request, incoming, reply)
    return response_of(reply)


def _keep_users_apart(request: HttpRequest, incoming: Incoming, reply: Reply) -> None:
    """Do for Django's session what ``login()`` and ``logout()`` do.

    A sign-out ends Django's session as well, with all of its data. After a sign-in it has no data of another user, and
    no session key that another origin has planted.
    """
    names = sign_in().endpoints.names
    session_token = names.session_set_by(reply.headers)
    if session_token is not None:
        django_session.after_sign_in(request, session_token)
    elif names.clear_session() in reply.headers:
        stored = django_session.session_of_django(request)
        if stored is not None and stored.session_key:
            stored.flush()
    elif incoming.method == "DELETE" and incoming.path == "session" and reply.status == 204:
        django_session.reconcile(request, None)  # a bearer token has signed out


for _alias in connections:
    transaction.non_atomic_requests(using=_alias)(answer)
