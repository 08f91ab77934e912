"""Discord's gateway and REST API and a scripted model, on loopback: an island that imports nothing of ours."""

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
