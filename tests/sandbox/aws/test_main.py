import os
import subprocess
import sys

import boto3

from .helpers import everything


def test_it_runs_alone_and_ends_when_asked() -> None:
    command = [sys.executable, "-m", "sandbox.aws", "--accounts", "30", "--ous", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"PATH": os.environ["PATH"]}) as process:  # noqa: S603
        assert process.stdout
        try:
            lines = [process.stdout.readline().removeprefix("export ").strip() for _ in range(6)]
            told = dict(line.split("=", 1) for line in lines)
            client = boto3.client(
                "organizations",
                endpoint_url=told["AWS_ENDPOINT_URL"],
                region_name=told["AWS_REGION"],
                aws_access_key_id=told["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=told["AWS_SECRET_ACCESS_KEY"],
            )
            assert len(everything(client, "list_accounts", "Accounts")) == 35
        finally:
            process.terminate()
        assert process.wait(timeout=30) == 0
