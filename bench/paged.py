"""README's app and page, which say when the callback arrived and when the page shows the user: for ``page.py``.

``ARRIVALS`` is the number of an open pipe: one line for each callback, with the time. While the file ``WITHHELD``
exists, the answer to a callback is never sent. The app does its work all the same, as where a popup closes meanwhile.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from readme_app import BLOCKS
from readme_app import app as readme_app
from starlette.responses import HTMLResponse

# The page looks after each change of its own. A frame would be late: a browser draws none for a window that is covered.
WATCH = """<script type=module>
await customElements.whenDefined("signed-in");
const element = document.querySelector("signed-in");
const look = () => {
  const who = element.shadowRoot?.querySelector("[part~=who]");
  if (who?.textContent && who.checkVisibility()) window.shownAt ??= Date.now();
};
new MutationObserver(look).observe(element.shadowRoot, { subtree: true, childList: true, attributes: true,
  characterData: true });
const real = fetch; window.asked = 0;
window.fetch = (url, how) => {
  asked += how?.method === "POST" && String(url).endsWith("/session");
  return real(url, how);
};
</script>"""

PAGE = "<!doctype html><html lang=en><title>app</title><link rel=icon href=data:,>" + BLOCKS["index.html"] + WATCH


async def page() -> HTMLResponse:
    return HTMLResponse(PAGE)


readme_app.router.routes = [one for one in readme_app.router.routes if getattr(one, "path", "") != "/"]
readme_app.get("/")(page)
arrivals, withheld = int(os.environ["ARRIVALS"]), Path(os.environ["WITHHELD"])


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http" and scope["path"] == "/auth/twitter" and scope["method"] == "GET":
        os.write(arrivals, f"{time.time() * 1e3}\n".encode())
        if withheld.exists():  # noqa: ASYNC240  # a stat takes microseconds
            await readme_app(scope, receive, keep)
            while (await receive())["type"] != "http.disconnect":
                pass
            return
    await readme_app(scope, receive, send)


async def keep(message: Any) -> None:
    """In place of ``send``."""
