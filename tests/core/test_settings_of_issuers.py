"""Which issuers and other addresses of a server are taken, and another server in a provider's place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.environments import ACME, BASIC, GOOGLE, NAMED, read, refused
from valetkey import Provider
from valetkey.protocols.discovery import ServerMetadata
from valetkey.protocols.oauth2 import ClientCredentials
from valetkey.protocols.openid import OpenIDConnect
from valetkey.providers.record import oidc
from valetkey.providers.record.claims import read_claims, read_userinfo
from valetkey.settings.addresses import issuer_faults

ID = "https://id.acme.example"


@pytest.mark.parametrize(
    "issuer",
    [
        *(
            "https://id.example.com",
            "https://id.example.com/",
            "https://id.example.com/a/b/",
            "https://id.example.com:8443/a",
        ),
        *("http://127.0.0.1:8001/oidc", "http://localhost:8001", "http://[::1]:8001/x/"),
        "https://id.example.com/tenant;v=1/@acme/My%20Realm/v2.0",
    ],
)
def test_an_issuer(issuer: str) -> None:
    assert issuer_faults("ACME_ISSUER", issuer) == []
    (provider,) = read(ACME, ACME_ISSUER=issuer, VALETKEY_URL="http://127.0.0.1:8000")
    assert provider.protocol.issuer == issuer  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "issuer",
    [
        *(
            "http://id.example.com",
            "ftp://id.example.com",
            "id.example.com",
            "https://",
            "https:///a",
            "javascript:canary",
        ),
        *(
            "https://user:canary@id.example.com",
            "https://id.example.com/?a",
            "https://id.example.com/#a",
            "https://id.example.com/a?",
        ),
        *(
            "https://id.example.com/a b",
            "https://id.example.com/a\n",
            "https://id.example.com\\a",
            'https://id.example.com/"',
        ),
        *(
            "https://id.example.com/a/../b",
            "https://id.example.com/.",
            "https://id.example.com/%zz",
            "https://id.example.com/a|b",
        ),
        *(
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://0.0.0.0",
            "http://10.0.0.1",
            "https://id_._.1",
        ),
        *(
            "https://id.example.com/.well-known/openid-configuration",
            "https://bücher.example",
            " https://id.example.com",
        ),
    ],
)
def test_what_is_no_issuer(issuer: str) -> None:
    hint = refused(ACME, ACME_ISSUER=issuer)
    assert hint.startswith("ACME_ISSUER: ")
    assert "\n" not in hint
    assert refused(GOOGLE, VALETKEY_GOOGLE_ISSUER=issuer).startswith("VALETKEY_GOOGLE_ISSUER: ")


def test_an_issuer_on_this_machine_is_for_an_app_on_this_machine() -> None:
    here = {"ACME_ISSUER": "http://127.0.0.1:8001/oidc"}
    assert "ACME_ISSUER: the callback URL is public, but this provider is on this machine" in refused(ACME, **here)
    assert read(ACME, **here, VALETKEY_URL="http://127.0.0.1:8000")[0].name == "acme"
    made = oidc("acme", issuer="http://127.0.0.1:8001/oidc", client_id="id")
    assert "Provider 'acme': the callback URL is public" in refused(BASIC, made)
    plain = oidc("acme", issuer="http://id.example.com", client_id="id")
    assert "Provider 'acme': issuer must be an https address" in refused(BASIC, plain)


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "[::1]", "127.0.0.2", "LOCALHOST", "x.localhost"])
def test_every_way_to_write_this_machine(host: str) -> None:
    """A connection to the unspecified address is one to this machine. https is no help: a sandbox may be behind it."""
    here = f"https://{host}:8001/oidc"
    sentence = "the callback URL is public, but this provider is on this machine"
    assert f"ACME_ISSUER: {sentence}" in refused(ACME, ACME_ISSUER=here)
    for name in NAMED:
        keys = {
            f"{name.upper()}_CLIENT_ID": "id",
            f"{name.upper()}_CLIENT_SECRET": "secret",
            "VALETKEY_PROVIDERS": name,
        }
        for variable in (f"VALETKEY_{name.upper()}_BASE", f"VALETKEY_{name.upper()}_ISSUER"):
            assert f"{variable}: {sentence}" in refused({**BASIC, **keys}, **{variable: here})


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "[::ffff:127.0.0.1]", "localhost.", "[::ffff:0.0.0.0]"])
def test_every_way_to_write_it_in_python(host: str) -> None:
    made = oidc("acme", issuer=f"https://{host}:8001/oidc", client_id="id")
    assert "Provider 'acme': the callback URL is public" in refused(BASIC, made)
    assert read(BASIC, oidc("acme", issuer="https://[2001:db8::1]:8001/oidc", client_id="id"))


@pytest.mark.parametrize("name", ["authorize_url", "token_url", "keys_url", "userinfo_url"])
def test_every_address_that_a_record_has_written_down(name: str) -> None:
    """Where the metadata is written down, each of its addresses is judged, as the issuer is."""
    metadata = ServerMetadata(issuer=ID, authorize_url=f"{ID}/a", token_url=f"{ID}/t", keys_url=f"{ID}/k")
    assert read(BASIC, _with(replace(metadata, userinfo_url=f"{ID}/u")))
    plain, here = f"http://{ID.removeprefix('https://')}/x", "http://127.0.0.1:8001/x"
    assert "must be an https address" in refused(BASIC, _with(replace(metadata, **{name: plain})))
    assert "this provider is on this machine" in refused(BASIC, _with(replace(metadata, **{name: here})))
    local = {**BASIC, "VALETKEY_URL": "http://localhost:8000"}
    assert read(local, _with(replace(metadata, **{name: here})))


def _with(metadata: ServerMetadata) -> Provider:
    protocol = OpenIDConnect(
        credentials=ClientCredentials(identifier="c"), issuer=ID, metadata=metadata, reads_userinfo=True
    )
    return Provider(name="acme", title="Acme", protocol=protocol, identify=read_claims, describe=read_userinfo)


@pytest.mark.parametrize("name", NAMED)
def test_another_server_in_a_providers_place(name: str) -> None:
    prefix = name.upper()
    keys = {f"{prefix}_CLIENT_ID": "id", f"{prefix}_CLIENT_SECRET": "secret", "VALETKEY_PROVIDERS": name}
    base = "https://git.example.com/x"
    (provider,) = read({**BASIC, **keys}, **{f"VALETKEY_{prefix}_BASE": base})
    assert all(url.startswith(f"{base}/") for url in provider.requested)
    assert provider.protocol.authorize_url.startswith(f"{base}")
    (provider,) = read(
        {**BASIC, **keys}, **{f"VALETKEY_{prefix}_BASE": base, f"VALETKEY_{prefix}_ISSUER": f"{base}/i/"}
    )
    assert provider.protocol.issuer == f"{base}/i/"  # type: ignore[attr-defined]
    for value, sentence in (
        ("http://git.example.com", "https"),
        (f"{base}/", "slash"),
        ("http://localhost:1", "machine"),
    ):
        hint = refused({**BASIC, **keys}, **{f"VALETKEY_{prefix}_BASE": value})
        assert hint.startswith(f"VALETKEY_{prefix}_BASE: ")
        assert sentence in hint
        assert "\n" not in hint
