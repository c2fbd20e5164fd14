"""Everything that can go wrong, sorted by who must act.

Each error has a stable code, an HTTP status, a sentence for the user and a hint for the developer. Messages and hints
name keys, headers and addresses. They never contain a value that came from a browser or a provider, because such a
value may be a secret.

    ValetkeyError
    ├── UserError        the user acts: click again, allow cookies, use the same browser
    ├── ProviderError    the provider acts, or the developer in the provider's developer portal
    ├── DeveloperError   the app's developer acts: settings, addresses, the shape of a request
    ├── StoreError       the operator of the database acts
    └── RefusedError     no one needs to act: the request is an attack, or looks like one

docs/errors lists every code with its status and its sentences.
"""

from .base import (
    ValetkeyError,
    known_errors,
)
from .developer import (
    AccountNotFound,
    AppFailed,
    BadRequest,
    BodyTooLarge,
    DeveloperError,
    MethodNotAllowed,
    Misconfigured,
    NotConfigured,
    NotFound,
    SettingsError,
    StoreError,
    UnknownProvider,
    UnsupportedBody,
    WrongHost,
    WrongLoopbackName,
    WrongPort,
)
from .provider import (
    BUSY_SECONDS,
    AppNotAllowed,
    CallbackNotApproved,
    CallbackNotConfirmed,
    ClockOff,
    Intercepted,
    ProviderBusy,
    ProviderError,
    ProviderRefused,
    ProviderRefusedKeys,
    ProviderReplyInvalid,
    ProviderUnavailable,
    TooManyStarts,
)
from .refused import (
    ClassicCrossOrigin,
    CodeRefused,
    ForeignOrigin,
    ForeignPort,
    ForeignToken,
    NeverANavigation,
    NoOrigin,
    NotANavigation,
    OpaqueOrigin,
    RefusedError,
    WrongProvider,
)
from .user import (
    AccountDisabled,
    AnotherBrowser,
    CookiesBlocked,
    Denied,
    Expired,
    IdentityTaken,
    Interrupted,
    LastIdentity,
    NotLinked,
    NotSignedIn,
    ReauthRequired,
    SessionChanged,
    SignInRefused,
    SuspendedAtProvider,
    UserError,
    WhichIdentity,
    error_by_code,
)

__all__ = [
    "BUSY_SECONDS",
    "AccountDisabled",
    "AccountNotFound",
    "AnotherBrowser",
    "AppFailed",
    "AppNotAllowed",
    "BadRequest",
    "BodyTooLarge",
    "CallbackNotApproved",
    "CallbackNotConfirmed",
    "ClassicCrossOrigin",
    "ClockOff",
    "CodeRefused",
    "CookiesBlocked",
    "Denied",
    "DeveloperError",
    "Expired",
    "ForeignOrigin",
    "ForeignPort",
    "ForeignToken",
    "IdentityTaken",
    "Intercepted",
    "Interrupted",
    "LastIdentity",
    "MethodNotAllowed",
    "Misconfigured",
    "NeverANavigation",
    "NoOrigin",
    "NotANavigation",
    "NotConfigured",
    "NotFound",
    "NotLinked",
    "NotSignedIn",
    "OpaqueOrigin",
    "ProviderBusy",
    "ProviderError",
    "ProviderRefused",
    "ProviderRefusedKeys",
    "ProviderReplyInvalid",
    "ProviderUnavailable",
    "ReauthRequired",
    "RefusedError",
    "SessionChanged",
    "SettingsError",
    "SignInRefused",
    "StoreError",
    "SuspendedAtProvider",
    "TooManyStarts",
    "UnknownProvider",
    "UnsupportedBody",
    "UserError",
    "ValetkeyError",
    "WhichIdentity",
    "WrongHost",
    "WrongLoopbackName",
    "WrongPort",
    "WrongProvider",
    "error_by_code",
    "known_errors",
]
