"""Servers and clients that others wrote, in processes of their own: what a sign-in with each of them does."""
