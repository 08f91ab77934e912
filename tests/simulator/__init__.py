"""Tests of the simulator, with the real discord.py and with plain HTTP."""
