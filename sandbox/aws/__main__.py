"""`python -m sandbox.aws` runs the stand-in alone and prints the environment that programs need to use it."""

from __future__ import annotations

import argparse
import signal
import sys

from sandbox.aws.server import AwsSandbox


def main(arguments: list[str] | None = None) -> None:
    """Run until SIGINT or SIGTERM; the lines printed at the start are shell assignments."""
    wishes = _parser().parse_args(arguments)
    ending = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)  # Before the server's threads begin, which inherit it.
    with AwsSandbox(port=wishes.port, creation_seconds=wishes.creation_seconds, seed=not wishes.empty) as aws:
        if wishes.accounts or wishes.ous:
            aws.grow(wishes.accounts, wishes.ous)
        lines = [f"export {key}={value}\n" for key, value in aws.environment().items()]
        sys.stdout.write("".join(lines))
        sys.stdout.flush()
        signal.sigwait(ending)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.aws", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="the port (default: a free one)")
    parser.add_argument("--creation-seconds", type=float, default=3.0, help="how long an account's creation takes")
    parser.add_argument("--empty", action="store_true", help="begin without an organization")
    parser.add_argument("--accounts", type=int, default=0, help="add so many accounts")
    parser.add_argument("--ous", type=int, default=0, help="add so many organizational units")
    return parser


if __name__ == "__main__":
    main()
