"""What the machine is asked for: a core for each side, enough open files, and who used the core."""

import os
import resource
import time
from collections.abc import Mapping
from pathlib import Path


def pin(side: int) -> None:
    """Keep this process on one core, client and server on different ones, where the platform can do that."""
    if hasattr(os, "sched_setaffinity") and len(both := cores()) > 1:
        os.sched_setaffinity(0, {both[side]})


def open_many_files(wanted: int = 8192) -> None:
    """Let this process have a socket for each of many streams."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, enough), hard))


def cpu_seconds() -> float:
    """User and system time of this process so far."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


def busy_seconds(core: int) -> float:
    """How long programs, or other guests of its host, have used a core so far; 0 where that cannot be known."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return 0.0
    lines = stat.read_text(encoding="ascii").splitlines()
    _, user, nice, system, *_, steal, _, _ = next(line.split() for line in lines if line.startswith(f"cpu{core} "))
    return sum(map(int, (user, nice, system, steal))) / os.sysconf("SC_CLK_TCK")


def cores() -> list[int]:
    """The cores that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]


class Use:
    """Who uses the cores from now on."""

    def __init__(self) -> None:
        self._cores = cores()
        self._began, self._own, self._all = time.monotonic(), cpu_seconds(), self._busy()

    def shares(self) -> dict[str, float]:
        """Percent of a core that this process took, and that others took of the cores that it may use."""
        passed, own = time.monotonic() - self._began, cpu_seconds() - self._own
        others = max(self._busy() - self._all - own, 0) / len(self._cores)
        return {"cpu_percent": own / passed * 100, "others_percent": others / passed * 100}

    def _busy(self) -> float:
        return sum(map(busy_seconds, self._cores))


class Patience:
    """Waits for quiet moments, so many seconds in all: others may be at work on the same machine."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds

    def wait(self, longest: float = 60) -> None:
        """Until others use little of the machine, or patience ends."""
        until = max(self.left - longest, 0)
        while self.left > until:
            use = Use()
            time.sleep(0.5)
            if is_quiet(use.shares()):
                return
            self.left -= 0.5


def is_quiet(figures: Mapping[str, float]) -> bool:
    """Whether others took so little that a figure is the client's own."""
    return figures["others_percent"] < 10
