"""Sessions: their tokens, how they are checked, and what a process remembers of them."""
