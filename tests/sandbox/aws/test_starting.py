"""Sandboxes that are started and stopped; no other may run meanwhile, so these tests have a file of their own."""

import socket

import pytest
from botocore.exceptions import EndpointConnectionError

from sandbox.aws import AwsSandbox

from .helpers import create, names


def test_sandboxes_follow_one_another_and_share_nothing() -> None:
    with AwsSandbox() as aws:
        first = aws.client("organizations")
        organization = first.describe_organization()["Organization"]["Id"]
        create(first, "left-behind")
        aws.finish_creations()
    with pytest.raises(EndpointConnectionError):
        first.list_roots()
    with AwsSandbox() as aws:
        second = aws.client("organizations")
        assert second.describe_organization()["Organization"]["Id"] != organization
        assert "left-behind" not in names(second)


def test_a_port_that_is_taken_is_an_error_and_leaves_the_place_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError, match="in use"):
        AwsSandbox(port=other.getsockname()[1]).start()
    with AwsSandbox() as aws:
        assert aws.client("organizations").list_roots()["Roots"]


def test_not_with_the_variable_that_makes_every_caller_one_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "999999999999")
    with pytest.raises(RuntimeError, match="MOTO_ACCOUNT_ID is set"):
        AwsSandbox().start()


def test_what_was_never_started_can_be_stopped() -> None:
    sandbox = AwsSandbox()
    sandbox.stop()
    with pytest.raises(RuntimeError, match="isn't running"):
        _ = sandbox.endpoint_url
