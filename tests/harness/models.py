"""AWS's models, as botocore reads them for each session: hundreds of files' names, and megabytes of JSON, which stay the same.

Here they are read once for a process and for what it forks. Each session has its own clients, credentials and events as ever.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
import botocore.session
from botocore.loaders import create_loader

OURS = ("account", "iam", "organizations", "service-quotas", "sts")


def share_models() -> None:
    """From now on all sessions of this process use one loader."""
    botocore.session.create_loader = cache(create_loader)


def read_models() -> None:
    """What the bot's clients are made of, so that forks find it; nothing is called and no connection opened."""
    session: Any = boto3.session.Session(aws_access_key_id="none", aws_secret_access_key="none")
    for service in OURS:
        session.client(service, region_name="us-east-1")
