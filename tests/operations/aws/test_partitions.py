"""Who the bot is, and what follows from its partition: Regions, endpoints, addresses, ARNs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest

from bot.aws import Boto3Clients
from operations.aws import partitions
from operations.aws.partitions import Identity
from operations.core.closing import Console, cli_profile, switch_role_link

ROOT = Path(__file__).parents[3]
ACCOUNT = "111111111111"
GLOBAL = ("organizations", "iam", "account", "service-quotas", "accessanalyzer")
# The Region that is set, and the hosts of those services and of STS.
ASKED = {
    "eu-central-1": (
        "organizations.us-east-1.amazonaws.com",
        "iam.amazonaws.com",
        "account.us-east-1.amazonaws.com",
        "servicequotas.us-east-1.amazonaws.com",
        "access-analyzer.us-east-1.amazonaws.com",
        "sts.eu-central-1.amazonaws.com",
    ),
    "us-gov-east-1": (
        "organizations.us-gov-west-1.amazonaws.com",
        "iam.us-gov.amazonaws.com",
        "account.us-gov-west-1.amazonaws.com",
        "servicequotas.us-gov-west-1.amazonaws.com",
        "access-analyzer.us-gov-west-1.amazonaws.com",
        "sts.us-gov-east-1.amazonaws.com",
    ),
    "cn-north-1": (
        "organizations.cn-northwest-1.amazonaws.com.cn",
        "iam.cn-north-1.amazonaws.com.cn",
        "account.cn-northwest-1.amazonaws.com.cn",
        "servicequotas.cn-northwest-1.amazonaws.com.cn",
        "access-analyzer.cn-northwest-1.amazonaws.com.cn",
        "sts.cn-north-1.amazonaws.com.cn",
    ),
    "eusc-de-east-1": (
        "organizations.eusc-de-east-1.amazonaws.eu",
        "iam.eusc-de-east-1.amazonaws.eu",
        "account.eusc-de-east-1.amazonaws.eu",
        "servicequotas.eusc-de-east-1.amazonaws.eu",
        "access-analyzer.eusc-de-east-1.amazonaws.eu",
        "sts.eusc-de-east-1.amazonaws.eu",
    ),
}
CALLS = {
    "organizations": ("describe_organization", {}),
    "iam": ("list_users", {}),
    "account": ("get_account_information", {}),
    "service-quotas": ("get_service_quota", {"ServiceCode": "organizations", "QuotaCode": "L-29A0C5DF"}),
    "accessanalyzer": ("list_analyzers", {}),
    "sts": ("get_caller_identity", {}),
}


class Seen(Exception):  # noqa: N818  It carries what was to be sent.
    def __init__(self, url: str) -> None:
        super().__init__(url)


def _see(request: AWSPreparedRequest, **_: object) -> None:
    raise Seen(str(urlsplit(str(request.url)).hostname))


@pytest.mark.parametrize("region", ASKED)
def test_global_services_are_asked_where_they_live_whatever_region_is_set(
    monkeypatch: pytest.MonkeyPatch, region: str
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_REGION", region)
    session = boto3.session.Session("AKIA", "secret")
    session.events.register("before-send", _see)
    clients = Boto3Clients(session)
    hosts = []
    for service in (*GLOBAL, "sts"):
        method, params = CALLS[service]
        with pytest.raises(Seen) as seen:
            getattr(clients.client(service, writes=True), method)(**params)
        hosts.append(str(seen.value))
    assert tuple(hosts) == ASKED[region]


@pytest.mark.parametrize(
    ("arn", "partition", "role"),
    [
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/Bot/session", "aws", "Bot"),
        (f"arn:aws-cn:sts::{ACCOUNT}:assumed-role/Bot/session", "aws-cn", "Bot"),
        (f"arn:aws-us-gov:iam::{ACCOUNT}:user/orgbot", "aws-us-gov", ""),
        (f"arn:aws-eusc:iam::{ACCOUNT}:root", "aws-eusc", ""),
    ],
)
def test_whose_arn_it_is(arn: str, partition: str, role: str) -> None:
    identity = Identity(ACCOUNT, arn)
    assert (identity.partition, identity.role, identity.is_root) == (partition, role, arn.endswith(":root"))


def test_what_it_is_in_iam() -> None:
    arns = (f"sts::{ACCOUNT}:assumed-role/Bot/s", f"iam::{ACCOUNT}:user/bots/orgbot")
    found = [Identity(ACCOUNT, f"arn:aws:{arn}").principal for arn in arns]
    assert [*found, Identity(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root").principal] == ["role/Bot", "user/orgbot", ""]


@pytest.mark.parametrize(
    ("partition", "sign_in", "console"),
    [
        ("aws", "https://signin.aws.amazon.com", "https://console.aws.amazon.com"),
        ("aws-us-gov", "https://signin.amazonaws-us-gov.com", "https://console.amazonaws-us-gov.com"),
        ("aws-cn", "https://signin.amazonaws.cn", "https://console.amazonaws.cn"),
        (
            "aws-eusc",
            "https://eusc-de-east-1.signin.amazonaws-eusc.eu",
            "https://eusc-de-east-1.console.amazonaws-eusc.eu",
        ),
    ],
)
def test_where_people_sign_in(partition: str, sign_in: str, console: str) -> None:
    assert partitions.sign_in_address(partition) == sign_in
    assert partitions.console_address(sign_in) == console
    where = Console(partition=lambda: partition)
    assert switch_role_link(where, ACCOUNT, "Role", "web").url.startswith(f"{sign_in}/switchrole?")
    assert f"role_arn = arn:{partition}:iam::{ACCOUNT}:role/Role\n" in cli_profile(where, ACCOUNT, "Role", "web").text


def test_every_partition_has_a_region_for_global_services_and_an_address_to_sign_in() -> None:
    for partition in partitions.partitions():
        assert partitions.of_region(partitions.global_region(partition)) == partition
        assert "signin." in partitions.sign_in_address(partition)


def test_of_a_region_that_nobody_knows() -> None:
    assert (partitions.of_region("mars-north-1"), partitions.of_region("aws-global")) == ("aws", "aws")


@pytest.mark.parametrize(
    ("setting", "instead"),
    [
        ("http://127.0.0.1:5000/", "http://127.0.0.1:5000"),
        ("https://stand-in.example.com", "https://stand-in.example.com"),
        ("https://vpce-1.sts.us-east-1.vpce.amazonaws.com", ""),
        ("", ""),
    ],
)
def test_with_a_stand_in_people_sign_in_there(monkeypatch: pytest.MonkeyPatch, setting: str, instead: str) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", setting) if setting else monkeypatch.delenv(
        "AWS_ENDPOINT_URL", raising=False
    )
    clients = Boto3Clients(boto3.session.Session("AKIA", "secret"))
    assert clients.instead_of_aws() == instead
    assert Console(clients.instead_of_aws()).sign_in == (instead or "https://signin.aws.amazon.com")


BAKED_IN = re.compile(
    r"arn:aws(-[a-z]+)*:|https?://[^/\s]*(amazonaws|\.aws\b|aws\.amazon)|(signin|console)\.(aws|amazonaws)"
)

A_REGION = re.compile(r"(?<!such as )\b[a-z]{2}(-gov)?-(north|south|east|west|central)[a-z]*-\d\b")


@pytest.mark.parametrize("folder", ["operations", "approvals", "handlers", "bot"])
def test_no_sentence_names_a_region_as_if_it_were_everybodys(folder: str) -> None:
    said = [text for file in (ROOT / folder).rglob("*.py") for text in _texts(file) if " " in text]
    assert [text for text in said if A_REGION.search(text)] == []


@pytest.mark.parametrize("folder", ["operations", "approvals", "handlers", "bot"])
def test_no_partition_is_baked_in(folder: str) -> None:
    found = [
        f"{file}: {text}" for file in (ROOT / folder).rglob("*.py") for text in _texts(file) if BAKED_IN.search(text)
    ]
    assert found == []


def _texts(file: Path) -> Iterator[str]:
    """The texts in a file's code; what only explains it is left out."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    explained = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explained:
            yield node.value
