"""Turns: one prompt each, from its arrival to its record. Does not import discord.py."""
