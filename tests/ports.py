"""Ports that are free, and stay so until they are used."""

import random
import socket


def unused_ports(count: int) -> list[int]:
    """Return unused ports, for a server that needs to be told its port.

    They are below the ephemeral range, so that the system gives them to no other process before they are used.
    """
    found: list[int] = []
    for port in random.sample(range(20_000, 32_000), 1_000):
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) != 0:
                found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError("no port is free")
