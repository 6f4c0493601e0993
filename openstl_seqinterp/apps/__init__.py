"""Applications for people with sequences of their own; the extension imports nothing of it."""
