"""C11: no code, verifier or session token in what Sentry is sent: requests, local variables, breadcrumbs, spans."""

from __future__ import annotations

import json
import logging
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import suppress
from types import ModuleType
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport
from support.recorded.in_process import CLIENTS, FAILS, callback, canary, session_token

from valetkey.login.attempt import LoginAttempt, LoginFailure
from valetkey.login.results import Started
from valetkey.protocols.base import AuthorizationRequest, CallbackParameters
from valetkey.testing import Sandbox, SignInFailed, signed_in
from valetkey.web.records import records


class Kept(Transport):
    """Keeps what it is to send."""

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        self.events: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.events += [one.payload.json for one in envelope.items if one.payload.json is not None]

    @property
    def text(self) -> str:
        return json.dumps(self.events)


@pytest.fixture
def lifecycle() -> str:
    return "static"


@pytest.fixture
def sentry(lifecycle: str) -> Iterator[Kept]:
    """With everything on that records more."""
    kept = Kept()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # send_default_pii, which people have
        sentry_sdk.init(
            dsn="https://key@sentry.example/1",
            transport=kept,
            traces_sample_rate=1.0,
            send_default_pii=True,
            attach_stacktrace=True,
            max_request_body_size="always",
            event_scrubber=None,
            trace_lifecycle=lifecycle,
        )
    yield kept
    sentry_sdk.get_client().close()
    sentry_sdk.get_isolation_scope().clear()
    sentry_sdk.get_global_scope().set_client(None)


@pytest.fixture(autouse=True)
def environment(valetkey_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    variables = valetkey_sandbox.environment | {"VALETKEY_DATABASE": f"sqlite:///{tmp_path}/app.db"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def play(name: str) -> str:
    """A sign-in, one whose resolve_account fails, and callbacks that fail in a middleware and in our own code."""
    with CLIENTS[name](lambda app: None) as client:
        signed_in(client, "ada")
        token = session_token(client)
        with suppress(Exception):
            client.get(callback("twitter"), headers={"X-Before": "raise"})
        with suppress(Exception):
            body = {"login": "a-login", "code": canary("code"), "verifier": canary("verifier")}
            client.post("/auth/session", json=body, headers={"X-Before": "raise"})
        with pytest.raises(SignInFailed, match="app_failed"):
            signed_in(client, user_id=f"{FAILS}1", handle="grace")
        with pytest.MonkeyPatch.context() as patch, suppress(Exception):
            patch.setattr("valetkey.login.judging.CallbackJudge.judge", broken)
            signed_in(client, "ada")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("valetkey.login.service.require_same_provider", complaining)
            signed_in(client, "ada")
        with suppress(Exception):
            client.get("/mine?page=the-control", headers={"X-Before": "raise"})
    return token


async def broken(self: object, login: object, client: object, *, refused: object) -> None:
    raise RuntimeError("a fault of our own")


def complaining(login: object, provider_name: str) -> None:
    logging.getLogger("anybody").error("something is wrong")  # an event with the stack of this moment


@pytest.mark.parametrize("name", CLIENTS)
def test_events(name: str, sentry: Kept, db: None, valetkey_sandbox: Sandbox) -> None:
    token = play(name)
    assert len(token) > 100
    assert token not in sentry.text
    assert re.findall(r".{60}canary-\w+-[0-9a-f]{16}", sentry.text) == []
    issued = [one for one in valetkey_sandbox._control("GET", "secrets")["secrets"] if len(one) > 8]
    proofs = [str(one["oauth_verifier"]) for one in valetkey_sandbox.calls("access_token")]
    assert issued
    assert proofs
    assert [one for one in (*issued, *proofs) if one in sentry.text] == []
    # The events are there. The app's own variables are, too, and so are its addresses.
    kinds = [one.get("type", "error") for one in sentry.events]
    assert kinds.count("transaction") >= 5
    assert kinds.count("error") >= 3
    assert "a useful local variable" in sentry.text
    assert "something is wrong" in sentry.text
    assert "page=the-control" in sentry.text


@pytest.mark.parametrize("name", CLIENTS)
def test_the_control(name: str, sentry: Kept, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without our scrubber, the events have all of it."""
    monkeypatch.setattr(records, "watch", lambda: None)
    token = play(name)
    assert re.search(r"canary-verifier-[0-9a-f]{16}", sentry.text)
    assert token in sentry.text


@pytest.mark.parametrize("lifecycle", ["stream"])
@pytest.mark.parametrize("name", ["fastapi", "django"])
@pytest.mark.parametrize("mended", [True, False])
def test_spans_that_are_sent_by_themselves(
    name: str, mended: bool, sentry: Kept, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the control."""
    if not mended:
        monkeypatch.setattr(records, "watch", lambda: None)
    with CLIENTS[name](lambda app: None) as client:
        client.get(callback("twitter"))
        client.get(callback("twitter"), headers={"X-Before": "answer"})
        client.get("/mine?page=the-control", headers={"X-Before": "answer"})
    sentry_sdk.flush()
    assert "page=the-control" in sentry.text
    assert bool(re.search(r"canary-verifier-[0-9a-f]{16}", sentry.text)) is not mended
    assert bool(re.search(r"canary-code-[0-9a-f]{16}", sentry.text)) is not mended


def test_an_sdk_that_is_too_old(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """The warning says what to do, once."""
    monkeypatch.setitem(sys.modules, "sentry_sdk", ModuleType("sentry_sdk"))
    monkeypatch.setattr(records, "_warned", set())
    for _ in range(2):
        records.watch()
    (line,) = [one.getMessage() for one in caplog.records if one.name == "valetkey"]
    assert "sentry-sdk is older than 2.0" in line


def test_what_the_app_does_before_an_event_is_sent_still_runs(sentry: Kept) -> None:
    """Its scrubber, and its ``before_send_span``."""
    seen: list[Any] = []

    class Scrubber:
        def scrub_event(self, event: Any) -> None:
            seen.append(event["message"])

    def before_send_span(span: Any, hint: Any) -> Any:
        seen.append(span["name"])
        return span

    options = sentry_sdk.get_client().options
    options["event_scrubber"], options["before_send_span"] = Scrubber(), before_send_span
    with CLIENTS["fastapi"](lambda app: None):
        sentry_sdk.capture_message("mine")
    assert seen == ["mine"]
    assert options["before_send_span"]({"name": "a span", "attributes": {}}, {}) == {"name": "a span", "attributes": {}}
    assert seen == ["mine", "a span"]


def test_the_values_of_a_login_do_not_print_what_finds_it() -> None:
    """For tools that record variables and know nothing of us."""
    secret, plain = "what-finds-it", {"callback_url": "https://app.example/auth/x", "memo": {}}
    attempt = LoginAttempt(id="a", provider="x", request_id=secret, began_at=0.0, **plain)  # type: ignore[arg-type]
    for value in (
        attempt,
        LoginFailure(id="a", provider="x", request_id=secret, error_code="denied", began_at=0.0),
        AuthorizationRequest(url=f"https://x.example/?state={secret}", request_id=secret, memo={}),
        attempt.pending_request,
        CallbackParameters(request_id=secret, query={"state": secret}),
        Started(attempt=attempt, sealed=secret, send_to=f"https://x.example/?state={secret}"),
    ):
        assert secret not in repr(value)
