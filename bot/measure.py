"""What is measured when Prometheus asks: the database is read then, so that a restart loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse
from sqlmodel import col, func, select

from approvals.models import Message, Request
from approvals.store import Store
from bot.metrics import Metrics
from bot.picture import Picture


def measure(store: Store, picture: Picture, metrics: Metrics, now: datetime) -> None:
    """Sets the gauges to what stands in the database and in the cache."""
    waiting = select(func.count()).select_from(Message).where(col(Message.status).in_(("queued", "sending")))
    counted = select(Request.operation, Request.status, func.count()).group_by(Request.operation, Request.status)
    with store.read() as session:
        metrics.outbox_pending.set(session.exec(waiting).one())
        found = session.exec(counted).all()
    metrics.requests.clear()
    for operation, status, number in found:
        metrics.requests.labels(operation, status).set(number)
    organization = picture.latest()
    if organization:
        metrics.organization_age_seconds.set((now - organization.read_at).total_seconds())


class CountingWebClient(WebClient):
    """Slack's client, each call counted by method and outcome."""

    count: Callable[[str, str], None] = staticmethod(lambda *_: None)

    def api_call(self, api_method: str, **request: object) -> SlackResponse:
        """As the SDK's."""
        try:
            answer = super().api_call(api_method, **request)  # type: ignore[arg-type]
        except SlackApiError as error:
            self.count(api_method, str(error.response.get("error") or "no answer"))
            raise
        except Exception as error:
            self.count(api_method, type(error).__name__)
            raise
        self.count(api_method, "ok")
        return answer
