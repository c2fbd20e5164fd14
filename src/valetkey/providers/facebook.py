"""Facebook, over OAuth 2.0 (developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow)."""

from .record import Colors, Fields, OAuth2Record, decimal

# A version works for at least two years (developers.facebook.com/docs/graph-api/guides/versioning).
_VERSION = "v24.0"

facebook = OAuth2Record(
    name="facebook",
    title="Facebook",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M9.1 23.7v-8H6.63v-3.67H9.1v-1.58c0-4.08 1.85-5.97 5.86-5.97.4 0 .95.04 1.47.1a9 9 0 0 1 1.14.2V8.1l-.66-.04h-"
        ".73q-1.05 0-1.67.3a2 2 0 0 0-.68.62q-.38.63-.38 1.76v1.3h3.92l-.38 2.1-.29 1.56h-3.25v8.25a12 12 0 1 0-4.35-.2"
        "7"
    ),
    colors=Colors(light=("#0866ff", "#ffffff"), dark=("#0866ff", "#ffffff")),
    authorize_url=f"https://www.facebook.com/{_VERSION}/dialog/oauth",
    token_url=f"https://graph.facebook.com/{_VERSION}/oauth/access_token",
    scopes=("public_profile", "email"),
    scope_separator=",",
    # .../docs/graph-api/guides/secure-requests: with it, a token that was stolen elsewhere is of no use.
    access_token_proof="appsecret_proof",
    profile_url=f"https://graph.facebook.com/{_VERSION}/me?fields=id,name,email,picture",
    fields=Fields(subject="id", id=decimal, name="name", picture="picture.data.url", email="email"),
)

RECIPE = facebook.recipe(
    keys_from="https://developers.facebook.com/apps",
    steps=(
        "Create an app with *Facebook Login*.",
        "Add the address under *Valid OAuth Redirect URIs*.",
    ),
    notes=(
        "The App ID is the client id, and the App Secret is the client secret.",
        "A user has another id in each app.",
        "The user may keep the e-mail address back.",
    ),
    unverified=("Whether Facebook checks PKCE without the scope `openid`.", "The colors of the button."),
)
