"""The providers over OAuth 1.0a that the sandbox plays, asked by requests-oauthlib: what each takes and refuses."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from oauthlib.oauth1 import SIGNATURE_TYPE_AUTH_HEADER as HEADER
from oauthlib.oauth1 import SIGNATURE_TYPE_BODY as BODY
from oauthlib.oauth1 import SIGNATURE_TYPE_QUERY as QUERY
from oauthlib.oauth1 import Client
from support.jose import b64, from_b64

from valetkey.testing.sandbox import SandboxSettings, running
from valetkey.testing.sandbox.oauth1 import OAuth1Provider, app_key
from valetkey.testing.sandbox.oauth1.facts import below
from valetkey.testing.sandbox.played import CATALOGUE, class_of

CALLBACK = "http://127.0.0.1:8000/auth/example"
AGENT = "ExampleSignIn/1.0 (+http://127.0.0.1:8000)"
PLAYED: dict[str, type[OAuth1Provider]] = {}
for one in CATALOGUE:
    front: Any = class_of(one)
    if issubclass(front, OAuth1Provider):
        PLAYED[one] = front


class Hand:
    """A client of the field, for one provider. It checks nothing."""

    def __init__(self, origin: str, name: str, http: httpx.Client) -> None:
        self.origin, self.front, self.http = origin, PLAYED[name], http
        self.name, self.base = name, origin + self.front.path
        self.method = self.front.signature_methods[0]

    def control(self, method: str, path: str, value: object = None) -> Any:
        url, headers = f"{self.origin}/__sandbox__/{path}", {"X-Sandbox-Control": "1"}
        answer = self.http.request(method, url, json=value, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def signed(self, verb: str, address: str, body: str = "", agent: str = AGENT, **client: Any) -> httpx.Response:
        """Send a signed request."""
        method = client.pop("signature_method", self.method)
        keys = {"client_secret": f"sandbox-{self.name}-secret", "realm": self.front.realm, "signature_type": HEADER}
        if method == "RSA-SHA1":
            keys["rsa_key"] = app_key.in_pem()
        key = client.pop("key", f"sandbox-{self.name}")
        signer = Client(key, signature_method=method, **{**keys, **client})
        form = (
            {"Content-Type": "application/x-www-form-urlencoded"}
            if body or client.get("signature_type") == BODY
            else {}
        )
        url, headers, sent = signer.sign(self.base + below(address), verb, body or None if not form else body, form)
        # oauthlib leaves out an empty realm.
        if self.front.realm == "" and "realm" not in client:
            headers = {name: value.replace("OAuth ", 'OAuth realm="", ', 1) for name, value in headers.items()}
        headers = {**headers, "User-Agent": agent, "Accept": "application/json"}
        return self.http.request(verb, url, headers=headers, content=(sent or "").encode())

    def asks(self, **client: Any) -> httpx.Response:
        """Ask for a request token."""
        body = "&".join(f"{name}=read_public" for name in self.front.request_required)
        verb = client.pop("verb", self.front.request_methods[0])
        return self.signed(verb, self.front.request_token_url, **{"callback_uri": CALLBACK, "body": body, **client})

    def token(self, **client: Any) -> dict[str, str]:
        answer = self.asks(**client)
        assert answer.status_code == 200, reason(answer)
        return dict(parse_qsl(answer.text, strict_parsing=True))

    def page(self, token: dict[str, str], **changes: str) -> str:
        """Where the user is sent."""
        query = {
            self.front.token_parameter: token["oauth_token"],
            **dict.fromkeys(self.front.authorize_required, "read"),
        }
        url = self.base + below(self.front.authorize_url)
        return str(httpx.URL(url).copy_merge_params({**query, **changes}))

    def approve(self, token: dict[str, str], page: str | None = None, **who: Any) -> dict[str, str]:
        asked = {"url": page or self.page(token), **(who or {"persona": "ada"})}
        return dict(parse_qsl(urlsplit(self.control("POST", "approve", asked)["callback"]).query))

    def exchange(self, token: dict[str, str], verifier: str, **client: Any) -> httpx.Response:
        verb = client.pop("verb", self.front.access_methods[0])
        of_token = {"resource_owner_key": token["oauth_token"], "resource_owner_secret": token["oauth_token_secret"]}
        return self.signed(verb, self.front.access_token_url, **{**of_token, "verifier": verifier, **client})

    def granted(self, **who: Any) -> dict[str, str]:
        token = self.token()
        answer = self.exchange(token, self.approve(token, **who)["oauth_verifier"])
        assert answer.status_code == 200, reason(answer)
        return dict(parse_qsl(answer.text, strict_parsing=True))

    def reads(self, access: dict[str, str], address: str = "", **client: Any) -> httpx.Response:
        """Read the profile."""
        of_token = {"resource_owner_key": access["oauth_token"], "resource_owner_secret": access["oauth_token_secret"]}
        verb = client.pop("verb", self.front.profile_methods[-1])
        return self.signed(verb, address or self.front.profile_url, **{**of_token, **client})


def reason(answer: httpx.Response) -> str:
    return answer.headers.get("x-sandbox-reason", "")


@pytest.fixture(scope="module")
def to() -> Iterator[Callable[[str], Hand]]:
    with running(SandboxSettings(callbacks=(CALLBACK,))) as live, httpx.Client() as http:

        def hand(name: str) -> Hand:
            http.cookies.clear()
            made = Hand(live.origin, name, http)
            made.control("POST", "reset")
            return made

        yield hand


@pytest.fixture(params=PLAYED)
def hand(request: pytest.FixtureRequest, to: Callable[[str], Hand]) -> Hand:
    return to(request.param)


# All of them


def test_a_client_of_the_field_signs_in(hand: Hand) -> None:
    """With each signature method, and each HTTP method, that the provider takes."""
    for method in hand.front.signature_methods:
        hand.method = method
        for verb in hand.front.request_methods:
            token = hand.token(verb=verb, body=hand_body(hand, verb))
            assert token["oauth_callback_confirmed"] == "true"
        for verb in hand.front.access_methods:
            token = hand.token()
            back = hand.approve(token)
            assert back["oauth_token"] == token["oauth_token"]
            answer = hand.exchange(token, back["oauth_verifier"], verb=verb)
            assert answer.status_code == 200, reason(answer)


def hand_body(hand: Hand, verb: str) -> str:
    return "&".join(f"{name}=read_public" for name in hand.front.request_required) if verb == "POST" else ""


def refused(hand: Hand, answer: httpx.Response) -> str:
    """Its reason. Wikimedia refuses with 200."""
    text = answer.text
    assert answer.status_code >= 400 or text.startswith("Error: ") or '"error"' in text, text
    assert "oauth_token_secret=" not in text
    return reason(answer)


def test_what_is_wrong_is_refused_with_its_reason(hand: Hand) -> None:
    now = int(time.time())
    window = hand.front.window_seconds
    assert "consumer key" in refused(hand, hand.asks(key="sandbox-other"))
    if hand.method != "RSA-SHA1":
        assert refused(hand, hand.asks(client_secret="sandbox-other"))
    assert "seconds off" in refused(hand, hand.asks(timestamp=str(now - window - 5)))
    assert "seconds off" in refused(hand, hand.asks(timestamp=str(now + window + 5)))
    assert hand.asks(timestamp=str(now - window + 20)).status_code == 200
    assert "oauth_signature_method" in refused(hand, hand.asks(signature_method="HMAC-SHA512"))
    once = {"nonce": "n" * 20, "timestamp": str(now)}
    assert hand.asks(**once).status_code == 200
    assert "used before" in refused(hand, hand.asks(**once))
    assert "callback" in refused(hand, hand.asks(callback_uri=f"{CALLBACK}/other"))
    assert "oauth_callback" in refused(hand, hand.asks(callback_uri=None))


def test_a_place_that_it_does_not_read_is_refused(hand: Hand) -> None:
    for place, kind in (("query", QUERY), ("body", BODY)):
        if kind == BODY and "POST" not in hand.front.request_methods:
            continue
        if hand.front.realm is not None:
            continue
        verb = "POST" if kind == BODY else hand.front.request_methods[0]
        answer = hand.asks(signature_type=kind, verb=verb)
        if place in hand.front.places:
            assert answer.status_code == 200, reason(answer)
        else:
            assert f"parameters are in the {place}" in refused(hand, answer)


def test_an_exchange_happens_once_and_with_its_own_verifier(hand: Hand) -> None:
    token, other = hand.token(), hand.token()
    assert "approved" in refused(hand, hand.exchange(token, "v" * 20))
    verifier, others = (hand.approve(one)["oauth_verifier"] for one in (token, other))
    assert "verifier" in refused(hand, hand.exchange(token, others))
    if hand.method != "RSA-SHA1":
        assert refused(hand, hand.exchange(token, verifier, resource_owner_secret=other["oauth_token_secret"]))
    assert hand.exchange(token, verifier).status_code == 200
    assert "already" in refused(hand, hand.exchange(token, verifier))
    unknown = {"oauth_token": "unknown", "oauth_token_secret": "x"}
    assert "unknown" in refused(hand, hand.exchange(unknown, verifier))


def test_a_request_token_gets_old(hand: Hand) -> None:
    token = hand.token()
    verifier = hand.approve(token)["oauth_verifier"]
    hand.control("PATCH", "settings", {"clock_offset_seconds": hand.front.request_token_seconds + 5})
    assert "older" in refused(hand, hand.exchange(token, verifier))
    assert hand.http.get(hand.page(token)).status_code == 400


def test_a_user_decides_on_its_page(hand: Hand) -> None:
    """The page asks, its form approves; and another form does not."""
    token = hand.token()
    shown = hand.http.get(hand.page(token))
    assert shown.status_code == 200
    assert f"An offline stand-in for {hand.front.title}." in shown.text
    key = re.search('name="form_key" value="([^"]+)"', shown.text)
    action = re.search('action="([^"]+)"', shown.text)
    assert key is not None
    assert action is not None
    form = {"oauth_token": token["oauth_token"], "form_key": key[1], "persona": "ada"}
    at = hand.origin + action[1]
    assert hand.http.post(at, data={**form, "form_key": "x"}).status_code == 403
    sent = hand.http.post(at, data=form)
    assert sent.status_code == 302
    back = dict(parse_qsl(urlsplit(sent.headers["location"]).query))
    assert back["oauth_token"] == token["oauth_token"]
    assert hand.exchange(token, back["oauth_verifier"]).status_code == 200
    assert hand.http.post(at, data=form).status_code == 400
    for unknown in ({"oauth_token": "unknown"}, {"oauth_token": ""}):
        assert hand.http.get(hand.page(unknown)).status_code == 400


CANCELS: dict[str, Callable[[str], dict[str, str]]] = {
    "denied": lambda token: {"denied": token},
    "error": lambda token: {"error": "access_denied", "oauth_token": token},
    "verifier": lambda token: {"oauth_token": token, "oauth_verifier": "denied"},
    "page": lambda token: {},
}


def test_cancel_comes_back_as_its_pages_say(hand: Hand) -> None:
    token = hand.token()
    assert hand.approve(token, cancel=True) == CANCELS[hand.front.cancel](token["oauth_token"])
    assert "approved" in refused(hand, hand.exchange(token, "denied"))
    with pytest.raises(AssertionError, match="invalid"):
        hand.approve(token)


def test_a_refusal_after_an_approval_counts(to: Callable[[str], Hand]) -> None:
    """The user has the page open twice."""
    hand = to("opencaching")
    token = hand.token()
    verifier = hand.approve(token)["oauth_verifier"]
    hand.approve(token, cancel=True)
    assert "approved" in refused(hand, hand.exchange(token, verifier))


def test_flickr_wants_to_know_the_permissions(to: Callable[[str], Hand]) -> None:
    hand = to("flickr")
    page = hand.page(hand.token())
    assert hand.http.get(page).status_code == 200
    assert hand.http.get(page.replace("perms=read", "perms=")).status_code == 400
    assert hand.http.get(page.replace("&perms=read", "")).status_code == 400


def test_a_profile_needs_its_token(hand: Hand) -> None:
    if not hand.front.profile_url:
        assert hand.granted().keys() & {"userID", "user_nsid"}
        return
    access = hand.granted()
    other = {**access, "oauth_token_secret": "x"}
    unknown = {**access, "oauth_token": "unknown"}
    address = f"{hand.front.profile_url}?fields=uuid%7Cusername" if hand.name == "opencaching" else ""
    read = hand.reads(access, address)
    assert read.status_code == 200, reason(read)
    assert reason(read) == ""
    assert hand.control("GET", "journal")["journal"][-1]["user_id"] == "9000000000000000001"
    assert "unknown" in refused(hand, hand.reads(unknown, address))
    if hand.method != "RSA-SHA1":
        assert refused(hand, hand.reads(other, address))
    plain = hand.http.get(hand.base + below(hand.front.profile_url), headers={"User-Agent": AGENT})
    assert refused(hand, plain)


def test_its_switches(hand: Hand) -> None:
    hand.control("PATCH", "providers", {"provider": hand.name, "confirms": False})
    assert "oauth_callback_confirmed" not in hand.token()
    hand.control("PATCH", "providers", {"provider": hand.name, "lenient": True})
    token = hand.token()
    hand.approve(token)
    for _ in range(2):
        assert hand.exchange(token, "any", resource_owner_secret="wrong").status_code == 200
    changed = {"provider": hand.name, "consumer_key": "live-key"}
    answer = hand.http.patch(f"{hand.origin}/__sandbox__/providers", json=changed, headers={"X-Sandbox-Control": "1"})
    assert answer.status_code == 400


# What some have of their own


@pytest.mark.parametrize("name", ["discogs", "wikimedia"])
def test_a_user_agent_of_the_apps_own(to: Callable[[str], Hand], name: str) -> None:
    hand = to(name)
    for agent in ("", "python-requests/2.32", "curl/8.1", "Python-urllib/3.13"):
        assert "User-Agent" in refused(hand, hand.asks(agent=agent))
    assert hand.asks(agent="valetkey/0.1.0").status_code == 200


def test_hatena_wants_an_empty_realm_and_a_scope(to: Callable[[str], Hand]) -> None:
    hand = to("hatena")
    for realm in (None, "hatena"):
        assert "realm" in refused(hand, hand.asks(realm=realm))
    assert "no scope" in refused(hand, hand.asks(body=""))
    token = hand.token(body="scope=write_public")
    access = dict(parse_qsl(hand.exchange(token, hand.approve(token)["oauth_verifier"]).text))
    assert "additional_authorization_required" in hand.reads(access).text
    assert re.search(r"[/+=]", token["oauth_token"])


def test_trello_knows_its_scopes_and_gives_the_address_with_one(to: Callable[[str], Hand]) -> None:
    hand = to("trello")
    for scope, email in (("read", None), ("read,account", "ada@example.com")):
        token = hand.token()
        page = hand.page(token, scope=scope)
        access = dict(parse_qsl(hand.exchange(token, hand.approve(token, page)["oauth_verifier"]).text))
        assert hand.reads(access).json()["email"] == email
        few = hand.reads(access, f"{hand.front.profile_url}?fields=id,username").json()
        assert few.keys() == {"id", "username"}
    for wrong in ({"scope": "read account"}, {"scope": "email"}, {"expiration": "2hours"}):
        assert hand.http.get(hand.page(hand.token(), **wrong)).status_code == 400


def test_usos_knows_its_scopes(to: Callable[[str], Hand]) -> None:
    hand = to("usos")
    address = f"{hand.front.profile_url}?fields=id%7Cemail"
    for scopes, email in (("studies", None), ("studies%7Cemail", "ada@example.com")):
        token = hand.token(verb="POST", body=f"scopes={scopes}")
        access = dict(parse_qsl(hand.exchange(token, hand.approve(token)["oauth_verifier"]).text))
        assert hand.reads(access, address).json() == {"id": "9000000000000000001", "email": email}
    assert "no scope" in refused(hand, hand.asks(verb="POST", body="scopes=mail"))


def test_wikimedia_signs_its_profile_with_the_nonce_of_the_request(to: Callable[[str], Hand]) -> None:
    hand = to("wikimedia")
    access = hand.granted()
    read = hand.reads(access, nonce="0123456789abcdef")
    text, _, signature = read.text.rpartition(".")
    secret = b"sandbox-wikimedia-secret"
    assert signature == b64(hmac.new(secret, text.encode(), hashlib.sha256).digest())
    claims = json.loads(from_b64(text.split(".")[1]))
    assert (claims["iss"], claims["aud"]) == (hand.origin, "sandbox-wikimedia")
    assert (claims["nonce"], claims["sub"], claims["username"]) == ("0123456789abcdef", "9000000000000000001", "ada")
    assert claims["exp"] == claims["iat"] + 100
    errors = hand.reads({**access, "oauth_token_secret": "x"})
    assert (errors.status_code, errors.json()["error"]) == (200, "mwoauth-oauth-exception")
    assert hand.asks(key="sandbox-other").text.startswith("Error: ")


def test_wikimedia_asks_a_user_who_has_agreed_before_at_one_address_alone(to: Callable[[str], Hand]) -> None:
    hand = to("wikimedia")
    token = hand.token()
    shown = hand.http.get(hand.page(token))
    key = re.search('name="form_key" value="([^"]+)"', shown.text)
    assert key is not None
    form = {"oauth_token": token["oauth_token"], "form_key": key[1], "persona": "ada"}
    hand.http.post(f"{hand.base}/sandbox/decide", data=form)
    again = hand.http.get(hand.page(hand.token()))
    assert "Signing in as @ada" in again.text
    always = hand.page(hand.token()).replace("authenticate", "authorize")
    assert "form_key" in hand.http.get(always).text


def test_jira_says_its_problem_in_header_and_body(to: Callable[[str], Hand]) -> None:
    hand = to("jira")
    answer = hand.asks(key="sandbox-other")
    assert answer.text == "oauth_problem=consumer_key_unknown"
    assert 'oauth_problem="consumer_key_unknown"' in answer.headers["www-authenticate"]
    wrong = hand.asks(callback_uri=f"{CALLBACK}/other")
    assert (wrong.status_code, wrong.text) == (
        400,
        "oauth_problem=parameter_rejected&oauth_parameters_rejected=oauth_callback",
    )


def test_a_key_that_is_not_the_apps_does_not_sign(to: Callable[[str], Hand]) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    hand = to("jira")
    assert "another key" in refused(hand, hand.asks(rsa_key=other.decode()))


def test_tumblr_adds_a_fragment_and_a_second_blog(to: Callable[[str], Hand]) -> None:
    hand = to("tumblr")
    token = hand.token()
    asked = {"url": hand.page(token), "persona": "ada"}
    assert hand.control("POST", "approve", asked)["callback"].endswith("#_=_")
    blogs = hand.reads(hand.granted()).json()["response"]["user"]["blogs"]
    assert [blog["primary"] for blog in blogs] == [False, True]
    assert all(re.fullmatch(r"t:[A-Za-z0-9_-]{22}", blog["uuid"]) for blog in blogs)


def test_smugmug_shows_a_page_unless_json_is_asked_for(to: Callable[[str], Hand]) -> None:
    hand = to("smugmug")
    access = hand.granted()
    assert hand.reads(access).json()["Response"]["User"]["NickName"] == "ada"
    signer = Client(
        "sandbox-smugmug",
        client_secret="sandbox-smugmug-secret",
        resource_owner_key=access["oauth_token"],
        resource_owner_secret=access["oauth_token_secret"],
    )
    url, headers, _ = signer.sign(f"{hand.base}/api/v2!authuser")
    assert hand.http.get(url, headers=headers).text.startswith("<!DOCTYPE html>")


def test_wordpress_forgets_a_status_and_names_a_scope(to: Callable[[str], Hand]) -> None:
    hand = to("wordpress")
    assert hand.asks(callback_uri=f"{CALLBACK}/other").status_code == 500
    token = hand.token()
    assert hand.approve(token)["wp_scope"] == "*"
    access = hand.granted()
    assert "email" not in hand.reads(access).json()
    assert hand.reads(access, f"{hand.front.profile_url}?context=edit").json()["email"] == "ada@example.com"


def test_a_number_in_place_of_a_callback_url(to: Callable[[str], Hand]) -> None:
    """Where the provider has one: the verifier for the user to type."""
    for name, shape in (("smugmug", "[0-9]{6}"), ("flickr", "[0-9]{3}-[0-9]{3}-[0-9]{3}")):
        hand = to(name)
        token = hand.token(callback_uri="oob")
        shown = hand.http.get(hand.page(token)).text
        key = re.search('name="form_key" value="([^"]+)"', shown)
        assert key is not None
        form = {"oauth_token": token["oauth_token"], "form_key": key[1], "persona": "ada"}
        pin = re.search(f"<p class=pin>({shape})</p>", hand.http.post(f"{hand.base}/sandbox/decide", data=form).text)
        assert pin is not None
        assert hand.exchange(token, pin[1]).status_code == 200
    assert "oauth_callback" in refused(to("trello"), to("trello").asks(callback_uri="oob"))


def test_what_a_user_has_is_changed_in_a_token_too(to: Callable[[str], Hand]) -> None:
    hand = to("wikimedia")
    change = {"provider": "wikimedia", "alter_profile": {"set": [["sub", "0"]], "remove": ["username"]}}
    hand.control("PATCH", "providers", change)
    payload = hand.reads(hand.granted()).text.split(".")[1]
    claims = json.loads(from_b64(payload))
    assert claims["sub"] == "0"
    assert "username" not in claims
