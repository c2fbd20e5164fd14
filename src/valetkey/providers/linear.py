"""Linear, over OAuth 2.0 (linear.app/developers/oauth-2-0-authentication)."""

from .record import Colors, Fields, OAuth2Record

linear = OAuth2Record(
    name="linear",
    title="Linear",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M2.89 4.18A12 12 0 0 1 11.99 0a12 12 0 0 1 7.83 21.11zM1.82 5.63l16.55 16.55q-.78.5-1.65.87L.95 7.28q.38-.87.8"
        "7-1.65M.32 9.16l14.52 14.52q-1.07.26-2.2.32L0 11.36a12 12 0 0 1 .32-2.2m-.17 4.87 9.83 9.82a12 12 0 0 1-9.83-9"
        ".83Z"
    ),
    colors=Colors(light=("#5e6ad2", "#ffffff"), dark=("#5e6ad2", "#ffffff")),  # linear.app/brand
    authorize_url="https://linear.app/oauth/authorize",
    token_url="https://api.linear.app/oauth/token",
    scopes=("read",),
    scope_separator=",",
    # The API is GraphQL: a failure has status 200, too, and then no viewer.
    profile_url="https://api.linear.app/graphql",
    profile_method="POST",
    profile_body='{"query": "{ viewer { id name displayName email avatarUrl } }"}',
    fields=Fields(
        subject="data.viewer.id",
        handle="data.viewer.displayName",
        name="data.viewer.name",
        picture="data.viewer.avatarUrl",
        email="data.viewer.email",
    ),
    choose_account="prompt=consent",
)

RECIPE = linear.recipe(
    keys_from="https://linear.app/settings/api/applications/new",
    steps=(
        "Add the address under *Callback URLs*, and copy *Client ID* and *Client secret*.",
        "Switch on *Public*, so that users of other workspaces can sign in.",
    ),
    notes=("A user belongs to one workspace. In another workspace the same person has another id.",),
    unverified=("No page says what comes back when the user refuses; `access_denied` is expected.",),
)
