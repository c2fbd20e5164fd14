"""``valetkey register mastodon`` at the sandbox, and a sign-in with what it prints."""

from __future__ import annotations

import json
import shlex
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner, Result
from starlette.testclient import TestClient

from testing import apps
from valetkey import Settings
from valetkey.cli.main import main
from valetkey.testing import Sandbox, SignInFailed, signed_in


def registered(sandbox: Sandbox, **env: str) -> Result:
    known = {"VALETKEY_URL": sandbox.environment_for("mastodon")["VALETKEY_URL"]}
    return CliRunner().invoke(main, ["register", "mastodon", f"{sandbox.origin}/mastodon"], env={**known, **env})


def printed(result: Result) -> dict[str, str]:
    assert result.exit_code == 0, result.output
    (lines,) = [shlex.split(result.stdout)]
    return dict(line.split("=", 1) for line in lines)


def client_with(sandbox: Sandbox, **variables: str) -> TestClient:
    environment = sandbox.environment_for("mastodon") | variables
    return TestClient(apps.starlette_app(Settings.from_environment(environment)))


def test_the_printed_variables_sign_a_user_in(valetkey_sandbox: Sandbox) -> None:
    variables = printed(registered(valetkey_sandbox))
    assert not variables["MASTODON_CLIENT_ID"].startswith("sandbox-")
    client = client_with(valetkey_sandbox, **variables)
    (identity,) = signed_in(client, provider="mastodon").identities
    host = urlsplit(valetkey_sandbox.origin).netloc
    assert (identity.subject, identity.handle) == (f"{host}/mastodon/9000000000000000001", "ada")
    assert [entry["endpoint"] for entry in valetkey_sandbox.journal if not entry["accepted"]] == []


def test_each_registration_is_an_app_of_its_own(valetkey_sandbox: Sandbox) -> None:
    one, two = printed(registered(valetkey_sandbox)), printed(registered(valetkey_sandbox))
    assert one["MASTODON_CLIENT_ID"] != two["MASTODON_CLIENT_ID"]
    client = client_with(valetkey_sandbox, **{**one, "MASTODON_CLIENT_SECRET": two["MASTODON_CLIENT_SECRET"]})
    with pytest.raises(SignInFailed, match="client secret"):
        signed_in(client, provider="mastodon")


def test_an_app_gets_what_it_has_registered(valetkey_sandbox: Sandbox) -> None:
    other = printed(registered(valetkey_sandbox, VALETKEY_URL="http://127.0.0.1:8000/elsewhere"))
    with pytest.raises(SignInFailed, match="is not the one that the app registered"):
        signed_in(client_with(valetkey_sandbox, **other), provider="mastodon")
    form = {"client_name": "app", "redirect_uris": "http://127.0.0.1:8000/auth/mastodon"}  # without scopes: read
    asked = Request(f"{valetkey_sandbox.origin}/mastodon/api/v1/apps", urlencode(form).encode())
    with urlopen(asked) as response:
        made = json.load(response)
    keys = {"MASTODON_CLIENT_ID": made["client_id"], "MASTODON_CLIENT_SECRET": made["client_secret"]}
    assert made["scopes"] == ["read"]
    with pytest.raises(SignInFailed, match="the app registered the scopes read"):
        signed_in(client_with(valetkey_sandbox, **keys), provider="mastodon")


def test_a_refusal_of_the_server_is_a_sentence(valetkey_sandbox: Sandbox) -> None:
    faults = {"discovery": (404, "no Mastodon of version 4.3"), "any": (503, "503")}
    for endpoint, (status, sentence) in faults.items():
        valetkey_sandbox.fault(endpoint, "status", status=status, provider="mastodon")
        result = registered(valetkey_sandbox)
        assert result.exit_code == 2
        assert sentence in result.output
        assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"redirect_uris": "https://app.example/auth/mastodon"}, "Name can't be blank"),
        ({"client_name": "app", "redirect_uris": "/auth/mastodon"}, "absolute URI"),
        ({"client_name": "app", "redirect_uris": "https://app.example/#a"}, "absolute URI"),
        ({"client_name": "app", "redirect_uris": "https://app.example/", "scopes": "profile all"}, "Scopes"),
        ([("client_name", "app"), ("client_name", "other")], "twice"),
    ],
)
def test_the_sandbox_refuses_as_a_server_does(valetkey_sandbox: Sandbox, form: Any, why: str) -> None:
    asked = Request(f"{valetkey_sandbox.origin}/mastodon/api/v1/apps", urlencode(form).encode())
    with pytest.raises(HTTPError) as refused:
        urlopen(asked)
    assert refused.value.code == 422
    error = json.load(refused.value)["error"]
    assert error.startswith("Validation failed: ")
    assert why in error


def test_a_reset_forgets_the_apps(valetkey_sandbox: Sandbox) -> None:
    variables = printed(registered(valetkey_sandbox))
    valetkey_sandbox.reset()
    with pytest.raises(SignInFailed, match="is not known"):
        signed_in(client_with(valetkey_sandbox, **variables), provider="mastodon")
