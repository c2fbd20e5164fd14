"""Apple, over OpenID Connect (developer.apple.com, "Sign in with Apple REST API").

The ID token says who the user is. Apple takes no fixed client secret: each is a statement that the app signs with its
private key ("Creating a client secret"). It sends the user back by form_post, because it is asked for an e-mail address
("Request an authorization to the Sign in with Apple server").
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..crypto import Secret
from ..errors import SettingsError
from ..models import Profile
from ..protocols.discovery import ServerMetadata
from ..protocols.oauth2 import ClientCredentials
from ..protocols.openid import OpenIDConnect
from .record.appearance import Colors
from .record.claims import is_true_or_text, read_claims
from .record.provider import Provider
from .record.recipe import Recipe, Variable, elsewhere_variables

_ISSUER = "https://appleid.apple.com"
_METADATA = ServerMetadata(  # {_ISSUER}/.well-known/openid-configuration
    issuer=_ISSUER,
    authorize_url=f"{_ISSUER}/auth/authorize",
    token_url=f"{_ISSUER}/auth/token",
    keys_url=f"{_ISSUER}/auth/keys",
)
_SECRET_SECONDS = 300  # Apple accepts up to six months
_RENEWED_SECONDS = 60  # before the end
# "Create a private key", "Locate your Team ID": both ids have ten characters.
_TEN = re.compile(r"[A-Za-z0-9]{10}")

# Simple Icons 16.37.0, CC0 1.0
_ICON = (
    "M12.15 6.9c-.95 0-2.41-1.08-3.96-1.04a5.9 5.9 0 0 0-4.96 3.01c-2.12 3.68-.55 9.1 1.52 12.09 1.01 1.45 2.2 3.09 3.8"
    " 3.04 1.51-.07 2.08-.99 3.93-.99 1.83 0 2.35.99 3.96.95 1.63-.03 2.67-1.48 3.67-2.95a13 13 0 0 0 1.67-3.41 5.3 5.3"
    " 0 0 1-.63-9.42 5.6 5.6 0 0 0-4.39-2.37c-2-.16-3.67 1.09-4.6 1.09m3.38-3.07A5.3 5.3 0 0 0 16.78 0a5.4 5.4 0 0 0-3."
    "54 1.82 5 5 0 0 0-1.27 3.71c1.34.1 2.71-.69 3.56-1.7"
)


class ClientSecrets:
    """Makes client secrets from the app's private key. One is used until shortly before its end.

    Args:
        client_id: the app's Services ID.
        team_id: the developer's Team ID, of ten characters.
        key_id: the id of the key, of ten characters.
        private_key: the key that Apple gave out as a ``.p8`` file, in PEM.
        audience: Apple's issuer.

    Raises:
        SettingsError: an id or the key is malformed.
    """

    __slots__ = ("_audience", "_client_id", "_key", "_key_id", "_latest", "_team_id")

    def __init__(self, *, client_id: str, team_id: str, key_id: str, private_key: Secret, audience: str) -> None:
        for name, value in (("APPLE_TEAM_ID", team_id), ("APPLE_KEY_ID", key_id)):
            if not _TEN.fullmatch(value):
                raise SettingsError(f"{name}: give the ten letters and digits that developer.apple.com shows for it.")
        self._client_id, self._team_id, self._key_id, self._audience = client_id, team_id, key_id, audience
        self._key = _read_key(private_key)
        self._latest: tuple[int, Secret] | None = None

    def __call__(self, now: int) -> Secret:
        """The client secret to send.

        Args:
            now: seconds since 1970.
        """
        made = self._latest
        # The lower bound is for a clock that was set back: Apple refuses a secret from the future.
        if made is None or not made[0] <= now < made[0] + _SECRET_SECONDS - _RENEWED_SECONDS:
            self._latest = made = (now, self._signed(now))
        return made[1]

    def _signed(self, now: int) -> Secret:
        import jwt  # only apps with Apple load it

        claims = {
            "iss": self._team_id,
            "iat": now,
            "exp": now + _SECRET_SECONDS,
            "aud": self._audience,
            "sub": self._client_id,
        }
        return Secret(jwt.encode(claims, self._key.reveal(), algorithm="ES256", headers={"kid": self._key_id}))


def _read_key(private_key: Secret) -> Secret:
    """The key as PEM that a library reads. A variable may have its line ends written as ``\\n``, two characters.

    Raises:
        SettingsError: it is not a private key on the curve P-256.
    """
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    pem = private_key.reveal().replace("\\r", "").replace("\\n", "\n")
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (TypeError, ValueError, ArithmeticError):
        key = None
    except Exception:  # of the library: an algorithm that it does not know
        key = None
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise SettingsError(
            "APPLE_PRIVATE_KEY: this is not the key that Apple gave out. Give the whole text of the file "
            "AuthKey_….p8, from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----, with its line ends; a line "
            "end may be written as \\n."
        )
    return Secret(pem)


def apple(
    *,
    client_id: str,
    team_id: str,
    key_id: str,
    private_key: Secret,
    base: str | None = None,
    issuer: str | None = None,
) -> Provider:
    """Apple as a provider.

    Args:
        client_id: the app's Services ID, such as ``com.example.app``.
        team_id: the developer's Team ID.
        key_id: the id of the private key.
        private_key: the private key in PEM.
        base: another server in Apple's place, which is discovered.
        issuer: what that server names itself, if it is not ``base``. It is discovered there.

    Raises:
        SettingsError: an id or the key is malformed.
    """
    named = issuer or base or _ISSUER
    secrets = ClientSecrets(
        client_id=client_id, team_id=team_id, key_id=key_id, private_key=private_key, audience=named
    )
    return Provider(
        name="apple",
        title="Apple",
        icon=_ICON,
        # developer.apple.com/design/human-interface-guidelines/sign-in-with-apple: black, or white on dark.
        colors=Colors(light=("#000000", "#ffffff"), dark=("#ffffff", "#000000")),
        protocol=OpenIDConnect(
            credentials=ClientCredentials(identifier=client_id, signed_secret=secrets),
            issuer=named,
            metadata=None if base or issuer else _METADATA,
            scopes=("openid", "name", "email"),
            client_authentication="post",
            response_mode="form_post",
        ),
        identify=identify,
        # "Configuring your webpage for Sign in with Apple": a Return URL has a domain name, and no IP address.
        requires_domain=True,
    )


def identify(claims: Mapping[str, object]) -> Profile:
    """Read the claims of an ID token ("Authenticating users with Sign in with Apple").

    ``email_verified`` is a Boolean value or its text: ``"true"`` counts, too. The address may be a relay of Apple's,
    which differs from team to team.

    Raises:
        ProviderReplyInvalid: ``sub`` is missing or malformed.
    """
    return read_claims(claims, is_verified=is_true_or_text)


RECIPE = Recipe(
    name="apple",
    title="Apple",
    make=apple,
    variables=(
        Variable("APPLE_CLIENT_ID", "client_id", "identifier", required=True, about="the Services ID"),
        Variable("APPLE_TEAM_ID", "team_id", "identifier", required=True, about="ten characters"),
        Variable("APPLE_KEY_ID", "key_id", "identifier", required=True, about="ten characters"),
        Variable(
            "APPLE_PRIVATE_KEY",
            "private_key",
            "secret",
            required=True,
            about="the whole text of `AuthKey_….p8`; a line end may be `\\n`, two characters",
        ),
        *elsewhere_variables("apple"),
    ),
    keys_from="https://developer.apple.com/account/resources/identifiers/list/serviceId",
    steps=(
        "Create an *App ID* with *Sign in with Apple*, and a *Services ID* for it. The Services ID is the client "
        "id, such as `com.example.app.web`.",
        "Configure *Sign in with Apple* for the Services ID: your domain, and the address as *Return URL*. It ends in "
        "`/return`, because Apple sends the user back with a form.",
        "Create a *key* for *Sign in with Apple*, and download it. Copy its id. The ten characters under your name are "
        "the Team ID.",
    ),
    notes=(
        "You need a paid membership of Apple's developer program, and a domain. Apple sends no user to an IP "
        "address, to `localhost` or to plain http, and valetkey refuses to start with such a `VALETKEY_URL`. For "
        "development, use the sandbox, or a tunnel with a domain name.",
        "Apple takes no fixed client secret. valetkey signs one with the key when it is needed, valid for five "
        "minutes. Nothing expires that you would have to renew.",
        "The name comes in the form of the first sign-in only, and unsigned. It is displayed and decides nothing.",
        "The e-mail address may be a relay of Apple's, which differs from one team to another. "
        'Its flag counts as the text `"true"`, too, as Apple writes it.',
    ),
)
