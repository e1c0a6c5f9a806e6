"""Who the bot is, and the partition of AWS that follows from it: commercial, GovCloud, China, European Sovereign Cloud, …

ARNs, Regions and addresses are taken from AWS's own metadata, which comes with botocore: a new partition comes with its next
release. Source: IAM User Guide, "Amazon Resource Names (ARNs)", "Enable custom identity broker access to the AWS console";
AWS General Reference, "AWS Sign-In endpoints and quotas"; botocore, "partitions.json".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from botocore.endpoint_provider import EndpointProvider

from operations.aws.model import LOADER

COMMERCIAL = "aws"
# Elsewhere, as in the European Sovereign Cloud, people sign in at a Region's own address only.
WITH_ONE_SIGN_IN = (COMMERCIAL, "aws-cn", "aws-us-gov")
ASSUMED_ROLE = re.compile(r"arn:[\w-]+:sts::\d{12}:assumed-role/([\w+=,.@-]+)/.+")


@dataclass(frozen=True)
class Identity:
    """Under whose name the bot calls AWS: its account's id and its ARN, as GetCallerIdentity tells them."""

    account: str
    arn: str

    @property
    def partition(self) -> str:
        """The partition in which all that the bot can reach is, such as `aws-us-gov`."""
        return self.arn.split(":")[1]

    @property
    def role(self) -> str:
        """The name of the role that the bot runs as, without its path; empty for a user."""
        found = ASSUMED_ROLE.fullmatch(self.arn)
        return found[1] if found else ""

    @property
    def principal(self) -> str:
        """What it is in IAM, without its path: `role/orgbot` or `user/orgbot`; empty for the root user."""
        name = self.role or ("" if self.is_root else self.arn.rpartition("/")[2])
        return f"{'role' if self.role else 'user'}/{name}" if name else ""

    @property
    def is_root(self) -> bool:
        """Whether these are the root user's credentials, which nothing limits."""
        return self.arn.endswith(":root")

    @property
    def principals(self) -> tuple[str, ...]:
        """Patterns of the ARNs under which IAM keeps this identity; a session's ARN does not tell the path of its role."""
        if self.role:
            return role_arns(self.partition, self.account, self.role)
        return () if self.is_root else (self.arn,)


def role_arns(partition: str, account: str, name: str) -> tuple[str, str]:
    """Patterns of the ARNs of a role of this name, whatever its path."""
    start = f"arn:{partition}:iam::{account}:role"
    return f"{start}/{name}", f"{start}/*/{name}"


@cache
def _metadata() -> dict[str, Any]:
    return {str(found["id"]): found for found in LOADER.load_data("partitions")["partitions"]}


def partitions() -> tuple[str, ...]:
    """The names of all partitions, as they stand in ARNs."""
    return tuple(_metadata())


def of_region(region: str) -> str:
    """The partition of a Region; the commercial one for a Region that nobody knows."""
    found = [
        name
        for name, about in _metadata().items()
        if region in about["regions"] or re.fullmatch(about["regionRegex"], region)
    ]
    return found[0] if found else COMMERCIAL


def global_region(partition: str) -> str:
    """The Region in which a partition keeps its global services, such as Organizations and its quotas."""
    about = _metadata().get(partition) or _metadata()[COMMERCIAL]
    return str(about["outputs"]["implicitGlobalRegion"])


def dns_suffixes() -> tuple[str, ...]:
    """The ends of all host names of AWS's services, such as `amazonaws.com`."""
    outputs = [about["outputs"] for about in _metadata().values()]
    return tuple(sorted({str(one[key]) for one in outputs for key in ("dnsSuffix", "dualStackDnsSuffix")}))


def is_awss(address: str) -> bool:
    """Whether an endpoint is one of AWS's own, and no stand-in for it."""
    host = urlsplit(address).hostname or ""
    return host.endswith(tuple(f".{suffix}" for suffix in dns_suffixes()))


@cache
def sign_in_address(partition: str) -> str:
    """Where people sign in to the console and the federation endpoint is, such as `https://signin.amazonaws-us-gov.com`."""
    region = global_region(partition)
    rules = EndpointProvider(LOADER.load_service_model("signin", "endpoint-rule-set-1"), LOADER.load_data("partitions"))
    found = str(rules.resolve_endpoint(Region=region, UseDualStack=False, UseFIPS=False).url)
    return found.replace(f"{region}.", "", 1) if partition in WITH_ONE_SIGN_IN else found


def console_address(sign_in: str) -> str:
    """The console that belongs to a sign-in address; a stand-in's own address."""
    return sign_in.replace("signin.", "console.", 1)
