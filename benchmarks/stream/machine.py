"""What the machine is asked for: a core for each side, and enough open files."""

import os
import resource


def pin(side: int) -> None:
    """Keep this process on one core, client and server on different ones, where the platform can do that."""
    if hasattr(os, "sched_setaffinity") and len(cores := sorted(os.sched_getaffinity(0))) > 1:
        os.sched_setaffinity(0, {cores[side]})


def open_many_files(wanted: int = 8192) -> None:
    """Let this process have a socket for each of many streams."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, enough), hard))


def cpu_seconds() -> float:
    """User and system time of this process so far."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime
