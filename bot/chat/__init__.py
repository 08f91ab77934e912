"""Plain values: messages and their parts, places, prompts, context. Without I/O or libraries."""
