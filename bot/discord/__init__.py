"""The room that knows Discord; no other imports discord.py."""
