"""Error answers in each service's own protocol, and what an answer's outcome was.

Source: Smithy, "AWS JSON 1.1 protocol", "AWS query protocol", "AWS restJson1 protocol".
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http.client import responses as http_phrases
from xml.sax.saxutils import escape

QUERY_SERVICES = ("sts", "iam")
# The code that each service gives when it throttles, and its HTTP status.
THROTTLES = {
    "organizations": ("TooManyRequestsException", 400),
    "service-quotas": ("TooManyRequestsException", 400),
    "account": ("TooManyRequestsException", 429),
    "access-analyzer": ("ThrottlingException", 429),
}
SERVER_ERRORS = {"organizations": "ServiceException", "sts": "InternalFailure", "iam": "ServiceFailure"}
ERROR_CODE = re.compile(rb'<Code>([^<]+)</Code>|"__type"\s*:\s*"([^"]+)"')


@dataclass
class HttpAnswer:
    """An HTTP answer with its whole body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def status_line(self) -> str:
        return f"{self.status} {http_phrases.get(self.status, 'Unknown')}"

    @property
    def outcome(self) -> str:
        """`ok`, or the error's code."""
        if self.status < 400:
            return "ok"
        named = {name.lower(): value for name, value in self.headers}.get("x-amzn-errortype", "")
        found = ERROR_CODE.search(self.body)
        in_body = next((group.decode() for group in found.groups() if group), "") if found else ""
        return (in_body or named).rpartition("#")[2] or str(self.status)


def error_answer(service: str, code: str, message: str, reason: str = "", status: int = 400) -> HttpAnswer:
    """An error as the service's protocol writes it."""
    if service in QUERY_SERVICES:
        kind = "Sender" if status < 500 else "Receiver"
        inner = f"<Type>{kind}</Type><Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
        xml = f"<ErrorResponse><Error>{inner}</Error><RequestId>sandbox</RequestId></ErrorResponse>"
        return HttpAnswer(status, [("Content-Type", "text/xml")], xml.encode())
    body = {"__type": code, "message": message, **({"Reason": reason} if reason else {})}
    headers = [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-ErrorType", code)]
    return HttpAnswer(status, headers, json.dumps(body).encode())


def throttled(service: str) -> HttpAnswer:
    """The answer of a service that is called too often."""
    code, status = THROTTLES.get(service, ("Throttling", 400))
    return error_answer(service, code, "You have sent too many requests in too short a period of time.", status=status)


def server_error(service: str, status: int) -> HttpAnswer:
    """HTTP 500 or 503."""
    code = "ServiceUnavailable" if status == 503 else SERVER_ERRORS.get(service, "InternalServerException")
    return error_answer(service, code, "AWS can't complete your request because of an internal error.", status=status)
