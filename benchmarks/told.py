"""How much people read and press for what they want, counted in the sandbox with a headless Chromium: `python -m benchmarks.told`.

24 requests of Alice's, each approved by Bob: the direct messages that notify her, those that stand at the end, the lines of the
threads, the cards and their height. Then the way from nothing to credentials, by the shortcut and by a command.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from playwright.sync_api import Page

from tests.harness.browser import chromium, page_of
from tests.harness.scenario import PATIENCE, Scenario, started

WEB, AUDIT, GUARD = "222222222222", "fullback-audit", "guardduty.amazonaws.com"
DOCUMENT = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:DeleteBucket","Resource":"*"}]}'
REQUESTS = (
    "create-ou --name Trial --parent /Workloads",
    "create-account --name counted --email counted@example.com --ou /Workloads/Staging",
    f"move-account --account {WEB} --to /Workloads/Trial",
    f"tag-account --account {WEB} --tag team=mobile",
    f"untag-account --account {WEB} --key team",
    f"rename-account --account {WEB} --name fullback-trial-web",
    f"rename-account --account {WEB} --name fullback-staging-web",
    f"put-alternate-contact --account {WEB} --type security --name Ada --email ada@example.com --phone +4912345 --title CISO",
    f"delete-alternate-contact --account {WEB} --type security",
    f"create-policy --type scp --name KeepBuckets --content '{DOCUMENT}'",
    "attach-policy --policy KeepBuckets --target /Security",
    "detach-policy --policy KeepBuckets --target /Security",
    "update-policy --policy KeepBuckets --description 'Nobody deletes buckets'",
    "delete-policy --policy KeepBuckets",
    "enable-policy-type --type backup",
    f"enable-service-access --service {GUARD}",
    f"register-delegated-administrator --account {AUDIT} --service {GUARD}",
    f"deregister-delegated-administrator --account {AUDIT} --service {GUARD}",
    f"disable-service-access --service {GUARD}",
    f"grant-access --principal group/developers --account {WEB}",
    f"revoke-access --principal group/developers --account {WEB}",
    "rename-ou --ou /Workloads/Trial --name Trials",
    f"move-account --account {WEB} --to /Workloads/Staging",
    f"credentials --account {WEB}",
)
HEIGHTS = "articles => articles.map(one => one.getBoundingClientRect().height)"


@dataclass
class Counted:
    """What was counted; heights in pixels at a window of 1,280."""

    waiting: list[float] = field(default_factory=list)
    over: list[float] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)


def asked(scenario: Scenario, page: Page, number: int, text: str, counted: Counted) -> None:
    """One request to its end, with the height of its card while it waits."""
    scenario.person("alice").types(f"/org {text} --reason 'to count'")
    scenario.card(number)
    card = page.get_by_role("log").locator("article").filter(has_text=f"#{number} ").last
    card.get_by_role("button", name="Approve").wait_for()
    counted.waiting.append(card.evaluate("one => one.getBoundingClientRect().height"))
    scenario.press("Approve", "bob", number)
    scenario.until("Done", number)
    time.sleep(1)  # The last words follow the card.


def counted() -> Counted:
    """All of it once."""
    found = Counted()
    with started("http") as scenario, chromium() as browser, page_of(browser) as page:
        page.goto(f"{scenario.slack.page_url}/#U0BOB/C0APPROVALS")
        for number, text in enumerate(REQUESTS, 1):
            asked(scenario, page, number, text, found)
        scenario.slack.wait_for(
            lambda: len(scenario.person("alice").dms) >= len(REQUESTS), PATIENCE, "the last message"
        )
        cards = page.get_by_role("log").locator("article").filter(has_text="Done")
        found.over = cards.evaluate_all(HEIGHTS)
        stand = scenario.person("alice").dms
        posted = [call for call in scenario.slack.calls if call.method == "chat.postMessage"]
        direct = [call for call in posted if str(call.params.get("channel", "")).startswith("D")]
        page.goto(f"{scenario.slack.page_url}/#U0ALICE/C0GENERAL")
        page.get_by_role("button", name="orgbot").click()
        page.get_by_text("#24").last.wait_for()
        shown = page.get_by_role("log").inner_text()
        lines = [scenario.thread(number) for number in range(1, len(REQUESTS) + 1)]
        found.figures = {
            "requests": len(REQUESTS),
            "direct messages that notify": len(direct),
            "direct messages that stand": len(stand),
            "words in them": len(re.findall(r"[^\W_]{2,}", shown)),
            "lines in threads": sum(map(len, lines)),
            "most in one thread": max(map(len, lines)),
        }
    return found


def rows() -> Iterator[str]:
    found = counted()
    yield from (f"{name}: {number:,}" for name, number in found.figures.items())
    yield f"cards while they wait: {len(found.waiting)}, {sum(found.waiting):,.0f} px"
    yield f"cards when they are over: {len(found.over)}, {sum(found.over):,.0f} px"


if __name__ == "__main__":
    sys.stdout.write("\n".join([*rows(), ""]))
