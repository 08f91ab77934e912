"""Core pinning, the limit for open files, and the load on the machine."""

import os
import resource
import time
from collections.abc import Mapping
from pathlib import Path


def pin(side: int) -> None:
    """Pin this process to a core, client and server to different ones, if the platform supports it."""
    if hasattr(os, "sched_setaffinity") and len(both := cores()) > 1:
        os.sched_setaffinity(0, {both[side]})


def open_many_files(wanted: int = 8192) -> None:
    """Raise the limit for open files, since each stream needs a socket."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, enough), hard))


def cpu_seconds() -> float:
    """Return the user and system time of this process."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


def busy_seconds(core: int) -> float:
    """Return how long processes, or other guests of the host, have used a core; 0 if that is unknown."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return 0.0
    lines = stat.read_text(encoding="ascii").splitlines()
    _, user, nice, system, *_, steal, _, _ = next(line.split() for line in lines if line.startswith(f"cpu{core} "))
    return sum(map(int, (user, nice, system, steal))) / os.sysconf("SC_CLK_TCK")


def cores() -> list[int]:
    """Return the cores that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]


class Use:
    """Measures the load from now on, by this process and by others."""

    def __init__(self) -> None:
        self._cores = cores()
        self._began, self._own, self._all = time.monotonic(), cpu_seconds(), self._busy()

    def shares(self) -> dict[str, float]:
        """Return the CPU use of this process in percent of a core, and that of others on the cores it may use."""
        passed, own = time.monotonic() - self._began, cpu_seconds() - self._own
        others = max(self._busy() - self._all - own, 0) / len(self._cores)
        return {"cpu_percent": own / passed * 100, "others_percent": others / passed * 100}

    def _busy(self) -> float:
        return sum(map(busy_seconds, self._cores))


class Patience:
    """Waits until other processes are idle, for a limited number of seconds in total."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds

    def wait(self, longest: float = 60) -> None:
        """Wait until others use little of the machine, or the time is up."""
        until = max(self.left - longest, 0)
        while self.left > until:
            use = Use()
            time.sleep(0.5)
            if is_quiet(use.shares()):
                return
            self.left -= 0.5


def is_quiet(figures: Mapping[str, float]) -> bool:
    """Whether others used so little that the figures are valid."""
    return figures["others_percent"] < 10
