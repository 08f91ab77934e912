"""Tests of bot.providers: the wire format, the errors, the client over real HTTP."""
