"""Hatena, over OAuth 1.0a (developer.hatena.ne.jp/ja/documents/auth/apis/oauth/consumer)."""

from .record import Colors, Fields, OAuth1Record

hatena = OAuth1Record(
    name="hatena",
    title="Hatena",
    icon=(  # our own drawing: a question mark, which is what the name means
        "M12 2a6 6 0 0 0-6 6h4a2 2 0 1 1 3.2 1.6C11.4 10.9 10 12.2 10 15.5h4c0-1.5.6-2 1.8-2.9A6 6 0 0 0 12 2z"
        "M10 18v4h4v-4z"
    ),
    # hatenacorp.jp/press/resource. White on this blue has a contrast of 2.9:1 only.
    colors=Colors(light=("#00a4de", "#000000"), dark=("#00a4de", "#000000")),
    request_token_url="https://www.hatena.com/oauth/initiate",
    authorize_url="https://www.hatena.ne.jp/oauth/authorize",
    access_token_url="https://www.hatena.com/oauth/token",
    realm="",
    request_parameters={"scope": "read_public"},
    profile_url="https://n.hatena.com/applications/my.json",
    fields=Fields(subject="url_name", name="display_name", picture="profile_image_url"),
)

RECIPE = hatena.recipe(
    keys_from="https://www.hatena.ne.jp/oauth/develop",
    steps=("Register an application.", "Tick the scope `read_public`.", "Copy the *Consumer key* and the secret."),
    notes=("The subject is the Hatena ID. Hatena has no other id of a user, and a user cannot change it.",),
    unverified=(
        "No page says whether Hatena gives the ID of a closed account to another person. If it does, that person gets "
        "the account of the former one in your app.",
        "No page says how Hatena sends back a user who refuses.",
    ),
)
