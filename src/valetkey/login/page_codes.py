"""Redeems the one-time codes of listed pages, which speak OAuth 2.0 with us as they do with a provider.

How this works:

- A listed page sends a window to ``{provider}/authorize``. The login is begun as any other, with a state, a PKCE
  verifier and a nonce of its own, sealed in the login's cookie, and it comes back to our callback.
- The callback opens no session. It sends the window to the page with a one-time code (``one_time_codes``), and leaves
  the login's cookie where it is.
- The page redeems the code. The cookie must come with it, which proves that this browser began the login, and the page
  must name itself as it did when it began (RFC 6749 §4.1.3). The code is redeemed once, within a minute.
"""

from __future__ import annotations

from ..crypto import constant_time_equals
from ..errors import AnotherBrowser, CodeRefused, CookiesBlocked, WrongProvider
from .attempt import LoginAttempt, listed_page_of
from .cookie_codec import LoginCookieCodec
from .one_time_codes import OneTimeCodes
from .results import Client, SignedIn


class PageCodes:
    """Redeems the one-time codes of listed pages."""

    def __init__(self, *, codec: LoginCookieCodec, one_time_codes: OneTimeCodes) -> None:
        self._codec = codec
        self._one_time_codes = one_time_codes

    async def redeem(self, provider_name: str, one_time_code: str, address: str, client: Client) -> SignedIn:
        """Open the session of a login. It replaces the session that the client presents.

        Args:
            provider_name: from the address of the request.
            one_time_code: from the address of the page.
            address: of the page, as the page names itself.
            client: who redeems the code, with its login cookies.

        Raises:
            AnotherBrowser, CookiesBlocked: this client did not begin the login of this code, or has ended it.
            WrongProvider: the login began with another provider.
            CodeRefused: the login began at another page, or the code was used or has expired.
            SessionChanged: the session that the page held when the login began has been signed out since.
            AccountDisabled: the account has been disabled since.
            StoreError: the database does not answer.
        """
        attempt = self._find(one_time_code, client)
        if attempt is None:
            raise AnotherBrowser if client.has_cookies else CookiesBlocked
        if not constant_time_equals(attempt.provider, provider_name):
            raise WrongProvider
        page = listed_page_of(attempt)
        if page is None or not constant_time_equals(page.address, address):
            raise CodeRefused("The redirectUri beside a code must be the redirect_uri that the login began with.")
        collected = await self._one_time_codes.redeem_attempt(attempt, client)
        if collected.signed_in is None:
            raise CodeRefused
        return collected.signed_in

    def _find(self, one_time_code: str, client: Client) -> LoginAttempt | None:
        for login_id, sealed in client.logins.items():
            login = self._codec.open(login_id, sealed)
            if isinstance(login, LoginAttempt) and constant_time_equals(
                self._one_time_codes.code_for(login).one_time_code, one_time_code
            ):
                return login
        return None
