"""The start-up check: a few requests through the whole app, to see whether our answers arrive unchanged.

How this works:

- Most of what goes wrong with a sign-in lies between our routes and the browser. The routes are mounted elsewhere than
  the callback URL says. A middleware sets a header that severs the popup. Another one rewrites or drops cookies. A CSRF
  or login middleware refuses requests that it does not know. A CORS layer answers our preflights.
- So when the app starts, valetkey sends it requests that change nothing: for one of its pages, for a sign-out without a
  session, and a preflight for each origin that ``VALETKEY_ORIGINS`` lists. They go through all middleware.
- The page is asked for at each place where requests can really arrive (``places``), until it answers.
- A rate limiter that counts these requests is named in a warning, because a page asks often while a user signs in.
- Each difference between an answer and what valetkey sent is a sentence with its fix, and the app does not start. The
  same for an exception of the app. An app that cannot answer yet is only warned: it answers with 503 or not in time,
  or a database that it needs does not answer.
- Where nothing starts an app before its requests (a sub-app, a server without lifespan, serverless), the check runs
  before the first request: see ``once``.

``check`` runs it. ``requests`` are what it asks, ``verdicts`` what an answer means, and ``blame`` finds the line of the
app that raised an exception. ``in_process`` sends a request to an app without a socket.

Without the check, each of these would be a sign-in that fails for some users. No library does this, because no
library knows what our answers must look like.
"""
