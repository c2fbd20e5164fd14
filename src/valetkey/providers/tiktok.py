"""TikTok, over OAuth 2.0 (developers.tiktok.com/doc/login-kit-web)."""

from .record import Colors, Fields, OAuth2Record

tiktok = OAuth2Record(
    name="tiktok",
    title="TikTok",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "m12.53.02 3.9-.02a6.2 6.2 0 0 0 1.76 4.17 7 7 0 0 0 4.24 1.79v4.03a10.7 10.7 0 0 1-5.82-1.9q0 4.38-.02 8.75a7."
        "6 7.6 0 0 1-1.35 3.94 7.5 7.5 0 0 1-5.91 3.21A7.54 7.54 0 0 1 4.17 10.8a7.4 7.4 0 0 1 6.15-1.72c.02 1.48-.04 2"
        ".96-.04 4.44a3.5 3.5 0 0 0-3.02.37 3.5 3.5 0 0 0-1.36 1.75c-.21.51-.15 1.07-.14 1.61.24 1.64 1.82 3.02 3.5 2.8"
        "7a3.4 3.4 0 0 0 2.77-1.61c.19-.33.4-.67.4-1.06.1-1.79.07-3.57.08-5.36q-.01-6.04.02-12.07"
    ),
    # developers.tiktok.com/doc/getting-started-design-guidelines: black or white.
    colors=Colors(light=("#000000", "#ffffff"), dark=("#ffffff", "#000000")),
    authorize_url="https://www.tiktok.com/v2/auth/authorize/",
    token_url="https://open.tiktokapis.com/v2/oauth/token/",
    scopes=("user.info.basic",),
    scope_separator=",",
    client_id_parameter="client_key",
    profile_url="https://open.tiktokapis.com/v2/user/info/?fields=open_id,avatar_url,display_name",
    fields=Fields(subject="data.user.open_id", name="data.user.display_name", picture="data.user.avatar_url"),
    requires_domain=True,  # "Configure redirect URI": https only
    choose_account="disable_auto_auth=1",
)

RECIPE = tiktok.recipe(
    keys_from="https://developers.tiktok.com/apps",
    steps=(
        "Connect an app, add the product *Login Kit*, and add the scope *user.info.basic*.",
        "Under *Login Kit*, *Web*, add the address as *Redirect URI*. It must begin with https.",
        "Copy the *Client key* and the *Client secret*.",
        "Submit the app for review. Before it, users sign in through a *Sandbox* of the app.",
    ),
    notes=("The subject is the user's id in your app. Another app sees another one.",),
    unverified=("TikTok does not say whether it checks PKCE in web apps.",),
)
