"""oauthlib, the reference of the field, signs ten thousand generated requests as we do."""

from __future__ import annotations

import random
from types import SimpleNamespace
from urllib.parse import quote, unquote

from oauthlib.oauth1.rfc5849 import signature as theirs

from valetkey.crypto import Secret
from valetkey.protocols.http import Stamp
from valetkey.protocols.oauth1.signature import base_string, sign
from valetkey.protocols.oauth1.signed_request import PreparedRequest

from .oauth1_records import WITH_SECRET, provider

ALPHABET = "abcXYZ019-._~ !*'();:@&=+$,/?#[]%\"\\<>^`{|}åçñ你好☃\u202e\U0001f511"


def words(draw: random.Random, most: int) -> str:
    return "".join(draw.choice(ALPHABET) for _ in range(draw.randrange(most)))


def generated(seed: int) -> tuple[str, str, list[tuple[str, str]], str, str, str]:
    draw = random.Random(seed)
    scheme = draw.choice(["http", "https", "HTTP"])
    port = draw.choice(["", "", ":80", ":443", ":8001"])
    host = draw.choice(["api.x.com", "EXAMPLE.com", "127.0.0.1", "[::1]"])
    path = draw.choice(["", "/", "/a/b", "/Space%20Craft", "/oauth/request_token", "/%7Ex"])
    pairs = [(words(draw, 6) or "n", words(draw, 12)) for _ in range(draw.randrange(5))]
    if pairs and draw.random() < 0.3:
        pairs.append(pairs[0])
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    body = [(words(draw, 8) or "b", words(draw, 30)) for _ in range(draw.randrange(6))]
    if body and draw.random() < 0.3:
        body += [body[0], (body[0][0], "")]
    url = f"{scheme}://{host}{port}{path}" + (f"?{query}" if query else "")
    method = draw.choice(["POST", "GET", "post", "DELETE"])
    return method, url, body, words(draw, 40), words(draw, 40), draw.choice(["HMAC-SHA1", "HMAC-SHA256"])


def oauthlib_signature(
    method: str, url: str, body: list[tuple[str, str]], secret: str, token_secret: str, how: str
) -> tuple[str, str]:
    parameters = theirs.collect_parameters(uri_query=url.partition("?")[2], exclude_oauth_signature=False)
    text = theirs.signature_base_string(
        method, theirs.base_string_uri(url), theirs.normalize_parameters([*parameters, *body])
    )
    hashed = {"HMAC-SHA1": theirs.sign_hmac_sha1_with_client, "HMAC-SHA256": theirs.sign_hmac_sha256_with_client}
    return text, hashed[how](text, SimpleNamespace(client_secret=secret, resource_owner_secret=token_secret))


def test_ten_thousand_requests() -> None:
    """Unicode, repetitions, empty values, a query in the URL, odd ports and hosts."""
    differing = []
    for seed in range(10_000):
        method, url, body, secret, token_secret, how = generated(seed)
        ours = base_string(method, url, body)
        expected = oauthlib_signature(method, url, body, secret, token_secret, how)
        if (ours, sign(ours, secret, token_secret, how)) != expected:
            differing.append((seed, ours, expected[0]))
    assert differing[:3] == []


def test_what_varies_in_a_prepared_request() -> None:
    """A token and a verifier of any characters fill the gaps of a request that was prepared without them."""
    url, gaps = "https://acme.test/oauth/access", {"oauth_token": None, "oauth_verifier": None}
    prepared = PreparedRequest(provider(), WITH_SECRET, method="POST", url=url, protocol=gaps)
    for seed in range(500):
        draw = random.Random(seed)
        values = {name: words(draw, 30) for name in gaps}
        token_secret = words(draw, 30)
        request = prepared.signed(Stamp(timestamp=seed, nonce=words(draw, 30)), values, Secret(token_secret))
        written = request.headers["Authorization"].removeprefix("OAuth ").split(", ")
        sent = {name: unquote(value.strip('"')) for name, _, value in (one.partition("=") for one in written)}
        assert values.items() <= sent.items()
        signature = sent.pop("oauth_signature")
        assert signature == oauthlib_signature("POST", url, [*sent.items()], "secret", token_secret, "HMAC-SHA1")[1]
