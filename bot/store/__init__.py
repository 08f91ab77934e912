"""The memory: what was said, what is preferred, in one SQLite file."""
