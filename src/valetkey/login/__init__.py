"""A login from its first click to its session. ``service`` tells the story; read it first."""
