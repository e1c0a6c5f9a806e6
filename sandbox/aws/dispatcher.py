"""moto's server application, which finds a service's part of moto once instead of at each call."""

from __future__ import annotations

from functools import partial
from threading import Lock
from typing import Any

from flask import Flask
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from sandbox.aws.answers import error_answer

# The services whose one part of moto answers every call that is signed for them.
ONE_PART = frozenset({"account", "iam", "service-quotas", "sts"})


class Dispatcher(DomainDispatcherApplication):
    """moto looks at its directory of services for each request, which takes longer than most answers."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self._found: dict[str, Flask] = {}
        self._finding = Lock()  # Two calls at once would make a part twice, and prepare one that answers already.

    def get_application(self, environ: dict[str, Any]) -> Flask:
        """The part of moto that answers; the gate has put the service's name into `sandbox.service`."""
        service = environ.get("sandbox.service", "")
        if service not in ONE_PART:
            return super().get_application(environ)
        with self._finding:
            if service not in self._found:
                made = super().get_application(environ)
                made.register_error_handler(NotImplementedError, partial(_unknown, service))
                self._found[service] = made
            return self._found[service]


def _unknown(service: str, _: Exception) -> tuple[bytes, int, list[tuple[str, str]]]:
    """Moto raises for a call that it lacks, and its server would print the traceback."""
    answer = error_answer(service, "InvalidAction", "The sandbox does not know this call.")
    return answer.body, answer.status, answer.headers
