"""A page of an app, whose addresses are relative to its own, so that it is the same at every path."""

PAGE = """<!doctype html><meta charset="utf-8"><title>app</title><script type="module" src="auth/client.js"></script>
<sign-in-button provider="twitter"></sign-in-button><p id="who"></p>
<script type="module">import { onSession } from "./auth/client.js";
onSession((found) => { who.textContent = found?.account.handle ?? "nobody" })</script>"""
