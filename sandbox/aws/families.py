"""Every family of operations, loaded so that `OPERATIONS` is whole."""

from sandbox.aws import (
    attachments,
    closing,
    consent,
    creation,
    effective,
    handshakes,
    lifecycle,
    policies,
    tags,
    tree,
    trusted,
)
from sandbox.aws.registry import OPERATIONS

__all__ = [
    "OPERATIONS",
    "attachments",
    "closing",
    "consent",
    "creation",
    "effective",
    "handshakes",
    "lifecycle",
    "policies",
    "tags",
    "tree",
    "trusted",
]
