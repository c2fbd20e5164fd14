"""VK, over OAuth 2.1 (id.vk.ru/about/business/go/docs, "VK ID", "API integration")."""

from .record import Colors, Fields, OAuth2Record, decimal

vk = OAuth2Record(
    name="vk",
    title="VK",
    icon=(  # The letters of Simple Icons 16.37.0, CC0 1.0, in a plain square
        "M5 0h14a5 5 0 0 1 5 5v14a5 5 0 0 1-5 5H5a5 5 0 0 1-5-5V5a5 5 0 0 1 5-5m1.79 7.3H4.05c.13 6.24 3.25 9.99 8.72 9"
        ".99h.31v-3.57a4.9 4.9 0 0 1 4.14 3.57h2.84a8 8 0 0 0-4.11-5.01 7.6 7.6 0 0 0 3.51-4.98h-2.58c-.56 1.98-2.22 3."
        "78-3.8 3.95V7.3H10.5v6.92c-1.6-.4-3.62-2.34-3.71-6.92"
    ),
    # White on VK's blue, #0077ff, would have a contrast of 4.1.
    colors=Colors(light=("#006ee6", "#ffffff"), dark=("#006ee6", "#ffffff")),
    authorize_url="https://id.vk.ru/authorize",
    token_url="https://id.vk.ru/oauth2/auth",
    scopes=("vkid.personal_info", "email"),
    callback_parameters=("device_id", "state"),
    requires_token_type=False,
    token_placement="body",
    profile_url="https://id.vk.ru/oauth2/user_info",
    profile_method="POST",
    # "verified" is the tick of a well-known account. It is not about the address.
    fields=Fields(
        subject="user.user_id",
        id=decimal,
        name=("user.first_name", "user.last_name"),
        picture="user.avatar",
        email="user.email",
    ),
)

RECIPE = vk.recipe(
    keys_from="https://id.vk.ru/about/business/go",
    steps=(
        "Add an app for the *Web*, with your domain, and the address under *Trusted redirect URL*.",
        "Switch on *Email* under *Access*.",
        "Copy the *App ID*: it is the client id. With PKCE, VK needs no secret.",
    ),
    notes=("VK moved its addresses from `vk.com` to `vk.ru` in September 2025.",),
    unverified=(
        "One page writes the PKCE method `s256`, another `S256`. `S256` is sent, as RFC 7636 has it.",
        "A stored reply of the token endpoint has no `token_type`, so one without it is accepted.",
        "No page says what comes back when the user refuses; `access_denied` is expected.",
        "The colors of the button.",
    ),
    may_be_public=True,
)
