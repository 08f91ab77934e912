"""Converts a model's Markdown into Discord's, split into pages. Pure functions of text: no I/O."""
