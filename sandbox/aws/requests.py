"""Which service and operation an HTTP request of an AWS SDK means, and who sends it."""

from __future__ import annotations

import io
import json
import re
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import get_account_id_from

from sandbox.aws.calls import Call
from sandbox.aws.conditions import MANAGEMENT_ACCOUNT
from sandbox.aws.validation import service_model

Environ = dict[str, Any]

SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]*)/([^/]+)/aws4_request")
# The signing names of services whose operation is told by method and path.
REST_MODELS = {"account": "account", "access-analyzer": "accessanalyzer"}
SIGNING_NAMES = {"servicequotas": "service-quotas"}
KEY_OF_ACCOUNT = re.compile(r"AKIA(\d{12})")


def read_call(environ: Environ) -> Call:
    """The call that a request means; the request's body stays readable."""
    body = _body(environ)
    key, service = _scope(environ)
    operation, params = _operation(environ, service, body)
    attempt = environ.get("HTTP_AMZ_SDK_INVOCATION_ID", "")
    return Call(service, operation, params, attempt=attempt, account=account_of(key))


def account_of(access_key: str) -> str:
    """The account whose credentials these are: `AKIA<account>` names it, others are known to moto, the rest are the bot's."""
    named = KEY_OF_ACCOUNT.fullmatch(access_key)
    if named:
        return named.group(1)
    account = get_account_id_from(access_key)
    return MANAGEMENT_ACCOUNT if account == DEFAULT_ACCOUNT_ID else account


def access_key_of(account: str) -> str:
    """The access key id that stands for an account's administrator."""
    return f"AKIA{account}"


def _scope(environ: Environ) -> tuple[str, str]:
    found = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    return (found.group(1), SIGNING_NAMES.get(found.group(3), found.group(3))) if found else ("", "")


def _body(environ: Environ) -> bytes:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _operation(environ: Environ, service: str, body: bytes) -> tuple[str, dict[str, Any]]:
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return target.rpartition(".")[2], _json(body)
    if service in REST_MODELS:
        return _rest_operations(service).get((environ["REQUEST_METHOD"], environ["PATH_INFO"]), ""), _json(body)
    form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return form.pop("Action", ""), form


def _json(body: bytes) -> dict[str, Any]:
    try:
        loaded = json.loads(body or b"{}")
    except ValueError:
        return {}
    return loaded if isinstance(loaded, dict) else {}


@cache
def _rest_operations(service: str) -> dict[tuple[str, str], str]:
    model = service_model(REST_MODELS[service])
    operations = [model.operation_model(name) for name in model.operation_names]
    return {(o.http["method"], o.http["requestUri"].split("?")[0]): o.name for o in operations}
