"""moto's server application, which finds a service's part of moto once instead of at each call."""

from __future__ import annotations

from typing import Any

from flask import Flask
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

# The services whose one part of moto answers every call that is signed for them.
ONE_PART = frozenset({"account", "iam", "organizations", "service-quotas", "sts"})


class Dispatcher(DomainDispatcherApplication):
    """moto looks at its directory of services for each request, which takes longer than most answers."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self._found: dict[str, Flask] = {}

    def get_application(self, environ: dict[str, Any]) -> Flask:
        """The part of moto that answers; the gate has put the service's name into `sandbox.service`."""
        service = environ.get("sandbox.service", "")
        if service not in ONE_PART:
            return super().get_application(environ)
        if service not in self._found:
            self._found[service] = super().get_application(environ)
        return self._found[service]
