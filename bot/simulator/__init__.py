"""A simulator of Discord's gateway and REST API and of an OpenAI-compatible model, served on loopback.

It speaks the real protocols and imports nothing else of `bot`.
"""

from bot.simulator.limits import Limits
from bot.simulator.model.script import Cut, Fail, Finish, Hang, Pause, Raw, Say, Wait
from bot.simulator.permissions import Permission
from bot.simulator.simulator import Simulator, serve

__all__ = [
    "Cut",
    "Fail",
    "Finish",
    "Hang",
    "Limits",
    "Pause",
    "Permission",
    "Raw",
    "Say",
    "Simulator",
    "Wait",
    "serve",
]
