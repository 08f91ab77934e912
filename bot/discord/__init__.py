"""Discord: events in, replies and responses to commands out. The only package that imports discord.py."""
