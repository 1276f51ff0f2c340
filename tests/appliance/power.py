"""The power switch: a process that ends before its n-th call that changes a disk, for every n."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS = ("open", "mkdir", "rename", "replace", "unlink", "rmdir", "symlink", "chmod", "fchmod")
WRITES = ("write", "pwrite", "fsync", "sync")
OFF = 9


def cut(work: Callable[[], object], calls: int) -> bool:
    """Do ``work`` in a process of its own until so many calls were made; whether it got through."""
    pid = os.fork()
    if not pid:
        _count(calls)
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != OFF


def _count(left: int) -> None:
    def counted(call: Callable[..., object]) -> Callable[..., object]:
        def made(*arguments: object, **named: object) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                os._exit(OFF)
            return call(*arguments, **named)

        return made

    for name in (*CALLS, *WRITES):
        setattr(os, name, counted(getattr(os, name)))
