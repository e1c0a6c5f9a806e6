"""Sends deliveries over the transport of the workspace, records them, repeats them when Slack would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sandbox.slack.faults import Faults
from sandbox.slack.transport.delivery import Answer, Delivered, Delivery, Transport

ACK_SECONDS = 3.0
EVENT_RETRIES = 3


class Dispatcher:
    """One way to the bot, for all that people do. `wait` is called between an event's retries with their number."""

    def __init__(self, transport: Transport, faults: Faults, wait: Callable[[int], None] = lambda _: None) -> None:
        self.transport = transport
        self.ack_seconds = ACK_SECONDS
        self.deliveries: list[Delivered] = []
        self._faults = faults
        self._wait = wait

    def send(self, delivery: Delivery) -> Answer:
        """Deliver and answer; twice when a fault says so (the first answer counts, as with Slack)."""
        answer = self._once(delivery)
        if self._faults.doubles_now():
            self._once(replace(delivery, retry=1, retry_reason="http_timeout"))
        return answer

    def send_event(self, delivery: Delivery) -> Answer:
        """Deliver an event; Slack tries an unacknowledged one up to three times more."""
        answer = self.send(delivery)
        for attempt in range(1, EVENT_RETRIES + 1):
            if answer.ok:
                break
            self._wait(attempt)
            reason = "http_timeout" if answer.error == "operation_timeout" else "http_error"
            answer = self._once(replace(delivery, retry=attempt, retry_reason=reason))
        return answer

    def again(self, delivered: Delivered) -> Answer:
        """Deliver the same payload once more."""
        return self._once(replace(delivered.delivery, retry=1, retry_reason="http_timeout"))

    def _once(self, delivery: Delivery) -> Answer:
        answer = self.transport.deliver(delivery, self.ack_seconds)
        self.deliveries.append(Delivered(delivery, answer))
        return answer
