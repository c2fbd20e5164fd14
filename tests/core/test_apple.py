"""Apple's client secret: signed with the app's key, for minutes; and the settings that Apple needs."""

from __future__ import annotations

from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from valetkey import Secret, Settings, SettingsError
from valetkey.providers.apple import ClientSecrets, apple

KEY = ec.generate_private_key(ec.SECP256R1())
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
NOW = 1_790_000_000
ENVIRON = {
    "VALETKEY_URL": "https://app.example.com",
    "VALETKEY_SECRET": "nuHbp6PmjaZzUmPBnxIuiPBswEtwxlPIfO5dXx9jcKI5BQKn",
    "VALETKEY_PROVIDERS": "apple",
    "APPLE_CLIENT_ID": "com.example.app",
    "APPLE_TEAM_ID": "TEAM123456",
    "APPLE_KEY_ID": "KEY1234567",
    "APPLE_PRIVATE_KEY": PEM,
}


def secrets(private_key: str = PEM, **more: str) -> ClientSecrets:
    ids = {"client_id": "com.example.app", "team_id": "TEAM123456", "key_id": "KEY1234567", **more}
    return ClientSecrets(**ids, private_key=Secret(private_key), audience="https://appleid.apple.com")


def refused(**variables: str) -> str:
    with pytest.raises(SettingsError) as error:
        Settings.from_environment({**ENVIRON, **variables})
    assert "canary" not in str(error.value)
    assert PEM.splitlines()[1] not in str(error.value)
    return error.value.hint


def claims_of(secret: Secret) -> dict[str, object]:
    # PyJWT compares with the clock; the times are compared here.
    return jwt.decode(
        secret.reveal(),
        KEY.public_key(),
        algorithms=["ES256"],
        audience="https://appleid.apple.com",
        options={"verify_exp": False, "verify_iat": False},
    )


def test_it_says_who_asks_for_whom_and_until_when() -> None:
    secret = secrets()(NOW)
    assert jwt.get_unverified_header(secret.reveal()) == {"alg": "ES256", "kid": "KEY1234567", "typ": "JWT"}
    assert claims_of(secret) == {
        "iss": "TEAM123456",
        "sub": "com.example.app",
        "aud": "https://appleid.apple.com",
        "iat": NOW,
        "exp": NOW + 300,
    }


def test_it_is_renewed_before_it_ends() -> None:
    """And after a clock was set back: Apple refuses one from the future."""
    make = secrets()
    first = make(NOW)
    assert make(NOW + 239) is first
    second = make(NOW + 240)
    assert claims_of(second)["iat"] == NOW + 240
    assert make(NOW + 241) is second
    assert claims_of(make(NOW))["iat"] == NOW


@pytest.mark.parametrize(
    "written",
    [
        PEM,
        PEM.replace("\n", "\\n"),
        PEM.rstrip("\n"),
        PEM.replace("\n", "\r\n"),
        PEM.replace("\n", "\\r\\n"),
        PEM.replace("\n", " "),
    ],
)
def test_line_ends_may_be_written_as_two_characters(written: str) -> None:
    """As an env file needs it, and as a tool of another system writes it."""
    settings = Settings.from_environment({**ENVIRON, "APPLE_PRIVATE_KEY": written})
    signed = settings.providers[0].protocol.credentials.signed_secret  # type: ignore[attr-defined]
    assert claims_of(signed(NOW))["iat"] == NOW


def test_a_key_that_is_another_one() -> None:
    other_curve = ec.generate_private_key(ec.SECP384R1())
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    pems = [
        one.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode() for one in (other_curve, rsa_key)
    ]
    for key in (*pems, public, "canary", PEM[:80], f'"{PEM}"'.replace("BEGIN", "BEGUN"), "é"):
        hint = refused(APPLE_PRIVATE_KEY=key)
        assert hint.startswith("APPLE_PRIVATE_KEY: this is not the key that Apple gave out.")
        assert "\n" not in hint


def test_the_key_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "AuthKey.p8").write_text(PEM)
    environ = {**ENVIRON, "APPLE_PRIVATE_KEY": "", "APPLE_PRIVATE_KEY_FILE": str(tmp_path / "AuthKey.p8")}
    assert Settings.from_environment(environ).providers[0].name == "apple"


@pytest.mark.parametrize("name", ["APPLE_TEAM_ID", "APPLE_KEY_ID"])
@pytest.mark.parametrize("value", ["canary", "TEAM 12345", "TEAM123456\n", "TEAM1234567", "com.canary"])
def test_an_id_that_is_none(name: str, value: str) -> None:
    assert refused(**{name: value}) == f"{name}: give the ten letters and digits that developer.apple.com shows for it."


def test_what_is_missing_is_named() -> None:
    blank = dict.fromkeys(("APPLE_TEAM_ID", "APPLE_KEY_ID", "APPLE_PRIVATE_KEY"), "")
    assert refused(**blank).startswith("Not set, for Apple: APPLE_TEAM_ID, APPLE_KEY_ID, APPLE_PRIVATE_KEY. They come ")


def test_the_form_comes_to_an_address_of_its_own() -> None:
    """It is what must be registered."""
    settings = Settings.from_environment(ENVIRON)
    assert settings.callback_of("apple") == "https://app.example.com/auth/apple/return"
    listed = "https://APP.example.com/auth/apple/return"
    assert Settings.from_environment({**ENVIRON, "APPLE_CALLBACK_URL": listed}).callback_of("apple") == listed
    assert "its path must be /auth/apple/return" in refused(APPLE_CALLBACK_URL="https://app.example.com/auth/apple")
    assert refused(VALETKEY_URL="https://app.example.com/auth/apple/return").startswith(
        "VALETKEY_URL: leave out /auth/apple/return."
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000",
        "http://localhost:8000",
        "https://localhost",
        "https://192.0.2.1",
        "https://[2001:db8::1]",
    ],
)
def test_apple_sends_nobody_to_an_address_without_a_domain(url: str) -> None:
    assert "VALETKEY_URL: Apple sends users to https addresses with a domain name only" in refused(VALETKEY_URL=url)
    if "192" in url or "2001" in url:
        return  # public, where no provider may be a sandbox
    sandbox = {"VALETKEY_URL": url, "VALETKEY_APPLE_BASE": "http://127.0.0.1:8001/apple"}
    (provider,) = Settings.from_environment({**ENVIRON, **sandbox}).providers
    assert provider.requested == ("http://127.0.0.1:8001/apple/.well-known/openid-configuration",)


def test_a_record_made_in_python_is_judged_alike() -> None:
    made = apple(client_id="com.example.app", team_id="TEAM123456", key_id="KEY1234567", private_key=Secret(PEM))
    assert PEM.splitlines()[1] not in repr(made)
    assert made.protocol.response_mode == "form_post"  # type: ignore[attr-defined]
    here = {**ENVIRON, "VALETKEY_PROVIDERS": "", "VALETKEY_URL": "http://127.0.0.1:8000"}
    with pytest.raises(SettingsError, match="Apple sends users to https addresses"):
        Settings.from_environment({name: here[name] for name in here if "APPLE" not in name}, providers=[made])
