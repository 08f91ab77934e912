"""The simulator, tried with the real discord.py and with plain HTTP."""
