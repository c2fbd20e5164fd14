"""Dropbox, over OAuth 2.0 (dropbox.com/lp/developers/reference/oauth-guide; github.com/dropbox/dropbox-api-spec)."""

from .record import Colors, Fields, OAuth2Record

dropbox = OAuth2Record(
    name="dropbox",
    title="Dropbox",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M6 1.8 0 5.64l6 3.82 6-3.82zm12 0-6 3.83 6 3.82 6-3.82zM0 13.28l6 3.83 6-3.83-6-3.82zm18-3.82-6 3.82 6 3.83 6-"
        "3.83zM6 18.37l6 3.82 6-3.82-6-3.82z"
    ),
    colors=Colors(light=("#0061ff", "#ffffff"), dark=("#0061ff", "#ffffff")),  # dropbox.com/branding
    authorize_url="https://www.dropbox.com/oauth2/authorize",
    token_url="https://api.dropboxapi.com/oauth2/token",
    scopes=("account_info.read",),
    profile_url="https://api.dropboxapi.com/2/users/get_current_account",
    profile_method="POST",
    fields=Fields(
        subject="account_id",
        name="name.display_name",
        picture="profile_photo_url",
        email="email",
        verified="email_verified",
    ),
    choose_account="force_reauthentication=true",
)

RECIPE = dropbox.recipe(
    keys_from="https://www.dropbox.com/developers/apps",
    steps=(
        "Press *Create app*. *Scoped access* to an *App folder* is enough.",
        "Add the address under *Redirect URIs*, and leave `account_info.read` ticked under *Permissions*.",
        "Copy *App key* (the client id) and *App secret*. *Apply for production* before many users sign in.",
    ),
    notes=("A user's personal account and work account are two users.",),
    unverified=("No page says what comes back when the user refuses; `access_denied` is expected.",),
)
