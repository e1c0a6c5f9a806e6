"""Memory: the garbage collector during the start, when it would look through modules again and again that stay anyway; and what
many threads keep of what they once needed.

Source: Python documentation, "gc — Garbage Collector interface" (disable, freeze); Linux manual, "mallopt" (M_ARENA_MAX).
"""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

ARENAS, FEW = -8, 2  # M_ARENA_MAX; each thread has a heap of its own otherwise, as large as its largest piece of work.


def share_heaps() -> None:
    """Lets all threads share a few heaps, where the C library has a setting for it. One thread runs at a time anyway."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(ARENAS, FEW)


def pause() -> None:
    """No collection until `spare`. To be called before the libraries are imported: it saves a tenth of the start."""
    gc.disable()


def spare() -> None:
    """Takes all that the start has made out of the collector's sight, so that a collection never delays an ack."""
    gc.collect()
    gc.freeze()
    gc.enable()
