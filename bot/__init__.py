"""Parley: every chat model in every Discord channel."""
