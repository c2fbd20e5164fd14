"""C11: no code, verifier or session token in a span of OpenTelemetry's instrumentations, with all headers captured."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.instrumentation import fastapi as otel_fastapi
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.util.http import get_excluded_urls
from support.recorded.in_process import CLIENTS, callback, session_token
from support.written import blocks_of

from valetkey.testing import Sandbox, signed_in
from valetkey.web.records import records

# Both generations of the attributes' names, and every header. Read when the first instrumentation is made.
os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "http/dup"
for _way in ("REQUEST", "RESPONSE"):
    os.environ[f"OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_{_way}"] = ".*"

FRAMEWORKS = ("fastapi", "flask", "django")
EXPORTER, OTHER_EXPORTER = InMemorySpanExporter(), InMemorySpanExporter()
PROVIDER, OTHER_PROVIDER = TracerProvider(), TracerProvider()
PROVIDER.add_span_processor(SimpleSpanProcessor(EXPORTER))
OTHER_PROVIDER.add_span_processor(SimpleSpanProcessor(OTHER_EXPORTER))


@pytest.fixture(autouse=True)
def environment(valetkey_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[None]:
    variables = valetkey_sandbox.environment | {"VALETKEY_DATABASE": f"sqlite:///{tmp_path}/app.db"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", PROVIDER)
    EXPORTER.clear()
    OTHER_EXPORTER.clear()
    yield
    DjangoInstrumentor().uninstrument()


def instrument(app: Any, provider: TracerProvider = PROVIDER) -> None:
    module = type(app).__module__.partition(".")[0]
    if app is None:
        DjangoInstrumentor().instrument(tracer_provider=provider)
    elif module == "flask":
        FlaskInstrumentor().instrument_app(app, tracer_provider=provider)
    elif module == "fastapi":
        FastAPIInstrumentor.instrument_app(app, tracer_provider=provider)


def shown(exporter: InMemorySpanExporter) -> str:
    return "\n".join(one.to_json() for one in exporter.get_finished_spans())


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_spans(name: str, db: None, valetkey_sandbox: Sandbox) -> None:
    with CLIENTS[name](instrument) as client:
        signed_in(client, "ada")
        token = session_token(client)
        client.get(callback("twitter"))
        client.get(callback("twitter"), headers={"X-Before": "answer"})
        with suppress(Exception):
            client.get(callback("twitter"), headers={"X-Before": "raise"})
        client.get("/mine?page=the-control", headers={"Authorization": f"Bearer {token}"})
    spans = shown(EXPORTER)
    assert len(token) > 100
    assert token not in spans
    assert "canary" not in spans
    issued = [one for one in valetkey_sandbox._control("GET", "secrets")["secrets"] if len(one) > 8]
    assert issued
    assert [one for one in issued if one in spans] == []
    # The spans are there, with their paths, and the app's own addresses are whole.
    assert spans.count("/auth/twitter") >= 4
    assert "page=the-control" in spans


def test_a_provider_that_is_not_the_global_one() -> None:
    """Its spans are found while the request is answered."""
    with CLIENTS["fastapi"](lambda app: instrument(app, OTHER_PROVIDER)) as client:
        client.get(callback("twitter"))
    spans = shown(OTHER_EXPORTER)
    assert "/auth/twitter" in spans
    assert "canary" not in spans


@pytest.mark.parametrize("name", FRAMEWORKS)
@pytest.mark.parametrize("before", ["", "answer"])
def test_the_control(name: str, before: str, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the scrubbing of spans, they show the code."""
    monkeypatch.setattr(records, "watch", lambda: None)
    with CLIENTS[name](lambda app: instrument(app, OTHER_PROVIDER)) as client:
        client.get(callback("twitter"), headers={"X-Before": before})
    assert "canary-code" in shown(OTHER_EXPORTER)
    assert "canary-verifier" in shown(OTHER_EXPORTER)


def test_no_spans_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line of docs/logs.md."""
    name, _, value = blocks_of("docs/logs.md")["environment"].strip().partition("=")
    monkeypatch.setenv(name, value)
    # The instrumentation reads it when it is imported.
    monkeypatch.setattr(otel_fastapi, "_excluded_urls_from_env", get_excluded_urls("FASTAPI"))
    with CLIENTS["fastapi"](lambda app: instrument(app, OTHER_PROVIDER)) as client:
        client.get(callback("twitter"))
        client.get("/mine")
    spans = shown(OTHER_EXPORTER)
    assert "/mine" in spans
    assert "/auth/" not in spans


def test_an_sdk_that_is_too_old(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """It does not call the span processor when a span ends: the warning names the variable, once."""
    monkeypatch.delattr(SpanProcessor, "_on_ending")
    monkeypatch.setattr(records, "_warned", set())
    for _ in range(2):
        records.watch()
    (line,) = [one.getMessage() for one in caplog.records if one.name == "valetkey"]
    assert "opentelemetry-sdk is older than 1.40" in line
    path = f"{min(records._paths)}/"
    assert f"OTEL_PYTHON_EXCLUDED_URLS={path}" in line
    monkeypatch.setattr(records, "_warned", set())
    monkeypatch.setenv("OTEL_PYTHON_EXCLUDED_URLS", path)
    caplog.clear()
    records.watch()
    assert caplog.text == ""


def test_a_span_that_cannot_be_changed_does_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    """The request goes on, and the log has a line."""
    span = SimpleNamespace(attributes={"http.target": "/auth/twitter?code=canary"}, _attributes=None)
    with CLIENTS["fastapi"](lambda app: None):
        records._spans._on_ending(span)
    assert "a span may show the query of a callback" in caplog.text
    assert "canary" not in caplog.text
