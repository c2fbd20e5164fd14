"""A WordPress site with the plugin "WP REST API - OAuth 1.0a Server" (github.com/WP-API/OAuth1)."""

from .record import Colors, Fields, OAuth1Record, number

wordpress = OAuth1Record(
    name="wordpress",
    title="WordPress",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M21.47 6.83a10.8 10.8 0 0 1-4.04 14.5l3.29-9.53c.61-1.54.82-2.77.82-3.87q0-.61-.07-1.1m-7.98.1c.65-.03 1.23-.1"
        " 1.23-.1.58-.08.51-.94-.07-.9 0 0-1.75.13-2.88.13-1.06 0-2.85-.15-2.85-.15-.58-.03-.66.85-.07.88 0 0 .54.07 1."
        "12.1l1.68 4.6-2.37 7.08L5.35 6.9C6 6.87 6.6 6.8 6.6 6.8c.58-.07.51-.93-.07-.9 0 0-1.74.14-2.87.14l-.7-.01A11 1"
        "1 0 0 1 12 1.2c2.8 0 5.37 1.08 7.29 2.84l-.14-.01c-1.06 0-1.82.92-1.82 1.91 0 .9.52 1.65 1.06 2.53.41.72.9 1.6"
        "5.9 2.98 0 .92-.36 2-.83 3.48l-1.07 3.59-3.9-11.61M12 22.78a11 11 0 0 1-3.05-.43l3.24-9.4 3.31 9.08.08.15q-1.6"
        "9.6-3.58.6M1.21 12c0-1.56.34-3.05.94-4.39l5.14 14.1A10.8 10.8 0 0 1 1.21 12M12 0C5.39 0 0 5.39 0 12s5.39 12 12"
        " 12 12-5.38 12-12S18.61 0 12 0"
    ),
    colors=Colors(light=("#21759b", "#ffffff"), dark=("#21759b", "#ffffff")),  # wordpress.org/about/logos
    request_token_url="/oauth1/request",
    authorize_url="/oauth1/authorize",
    access_token_url="/oauth1/access",
    signature_method="HMAC-SHA256",
    profile_url="/wp-json/wp/v2/users/me?context=edit",
    fields=Fields(subject="id", id=number, handle="username", name="name", picture="avatar_urls.96", email="email"),
)

RECIPE = wordpress.recipe(
    keys_from="https://github.com/WP-API/OAuth1",
    steps=(
        "Install the plugin, and choose permalinks that are not *Plain*.",
        "Open *Users*, *Applications*, *Add New*, and enter the callback URL under *Callback*.",
        "Copy the *Client Key* as the consumer key and the *Client Secret* as the consumer secret.",
        "Set `VALETKEY_WORDPRESS_BASE` to the address of the site, with its path if it has one.",
    ),
    notes=(
        "A user who cancels stays on an empty page, and closes the window.",
        "WordPress.com is another service, with OAuth 2.0.",
    ),
    weakness=(
        "Once a user has approved a sign-in, the plugin gives its verifier to any other user of the site who opens the "
        "same address. So an attacker who begins a sign-in and makes a victim approve it can finish it as the victim. "
        "Use it only where you know the site's users."
    ),
)
