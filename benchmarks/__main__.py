"""`make bench`: every figure beside its floor, as a ratio of one run."""

from __future__ import annotations

import itertools

from benchmarks import ack, auditing, growing, looking, reading, sharing, start, store
from benchmarks.table import show

show(
    itertools.chain(
        store.rows(),
        auditing.rows(),
        reading.rows(),
        looking.rows(),
        growing.rows(),
        start.rows(),
        ack.rows(),
        sharing.rows(),
    )
)
