"""C11: no code, verifier or session token in the mails that Django sends to ``ADMINS`` when a request fails."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.test import override_settings
from django.utils.log import AdminEmailHandler
from support.recorded.in_process import callback, django_client

from valetkey.frameworks.django import error_reports
from valetkey.testing import Sandbox, signed_in

CANARY = re.compile(r"canary-[a-z]+-[0-9a-f]{16}")


@pytest.fixture(autouse=True)
def environment(valetkey_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[None]:
    variables = valetkey_sandbox.environment | {"VALETKEY_DATABASE": f"sqlite:///{tmp_path}/app.db"}
    for name, value in {**variables, "VALETKEY_COOKIE": "mine"}.items():  # Django itself hides names with "key"
        monkeypatch.setenv(name, value)
    handler = AdminEmailHandler(include_html=True)
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    with override_settings(ADMINS=[("Ada", "ada@example.com")], DEBUG=False):
        yield
    logger.removeHandler(handler)


def mails() -> tuple[str, str]:
    """What a failing middleware in front of the callback has sent, and in front of another page; with a session."""
    sent = []
    with django_client(lambda app: None) as client:
        signed_in(client, "ada")
        token = str(client.cookies["mine-session"])
        for address in (callback("twitter"), "/mine?page=the-control"):
            mail.outbox.clear()
            client.get(address, headers={"X-Before": "raise"})
            (one, *_) = mail.outbox
            ((html, _),) = one.alternatives
            sent.append(f"{one.subject}\n{one.body}\n{html}".replace(token, "THE-TOKEN"))
    return sent[0], sent[1]


def test_mails(db: None) -> None:
    of_ours, of_another = mails()
    for text in (of_ours, of_another):
        assert "Broken" in text
        assert "mine-session" in text
    assert CANARY.findall(of_ours) == []
    assert "THE-TOKEN" not in of_ours
    assert "page=the-control" in of_another
    # What the app itself has in its variables under another name, in a request to another page, is the app's.
    listed = of_another.partition("COOKIES:")[2].partition("META:")[0]
    assert "THE-TOKEN" not in listed


def test_the_control(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    logger = logging.getLogger("django.request")
    logger.removeFilter(error_reports.protect)
    try:
        of_ours, of_another = mails()
    finally:
        error_reports.connect()
    assert CANARY.findall(of_ours) != []
    assert "THE-TOKEN" in of_ours
    assert "THE-TOKEN" in of_another.partition("COOKIES:")[2].partition("META:")[0]
