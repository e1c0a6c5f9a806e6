"""Looking at the organization, over both transports: pages, windows, the picture, and a day on which AWS is away."""

from __future__ import annotations

import io
import json
import urllib.request
from functools import partial
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, expect

from tests.harness.browser import page_of
from tests.harness.scenario import PATIENCE, Scenario, started


def shown(scenario: Scenario, name: str, words: str) -> dict[str, Any]:
    """The private answer that holds these words, once it is there."""

    def found() -> dict[str, Any] | None:
        seen = scenario.person(name).ephemerals
        return next((one for one in seen if words in json.dumps(one["blocks"], ensure_ascii=False)), None)

    return scenario.slack.wait_for(found, PATIENCE, f"“{words}” for {name}")


def test_an_account_with_its_tags_and_its_effective_policy(either: Scenario) -> None:
    alice = either.person("alice")
    alice.types("/org account fullback-staging-web")
    answer = shown(either, "alice", "owner=staging")
    assert "RestrictRegions from /Workloads" in json.dumps(answer["blocks"])
    alice.fills({"look:effective": "Tag policy"}, answer)
    either.sees("alice", "tag_key")


def test_pages_turn_in_place(either: Scenario) -> None:
    either.aws.grow(accounts=60, ous=3)
    alice = either.person("alice")
    either.die()
    either.start_again()
    alice.types("/org accounts grown")
    first = shown(either, "alice", "(1 to 25)")
    alice.clicks("Next", first)
    second = shown(either, "alice", "(26 to 50)")
    assert second["ts"] == first["ts"], "the same message"
    assert len(alice.ephemerals) == 1


def test_the_picture_comes_by_direct_message(either: Scenario) -> None:
    alice = either.person("alice")
    alice.types("/org tree")
    alice.clicks("As a picture", shown(either, "alice", "fullback-audit"))
    (said,) = either.slack.wait_for(lambda: [one for one in alice.dms if one.get("files")], PATIENCE, "the picture")
    (file,) = said["files"]
    assert file["mimetype"] == "image/png"
    assert said["text"].startswith("Whole organization: 5 accounts, as read from AWS")
    request = urllib.request.Request(file["url_private"], headers={"Sec-Fetch-Site": "same-origin"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  The stand-in, on this machine.
        image = Image.open(io.BytesIO(answer.read()))
    assert image.format == "PNG"
    assert image.width > 500


def test_looking_works_while_aws_is_away(scenario: Scenario) -> None:
    scenario.aws.stop()
    alice = scenario.person("alice")
    for text, words in (
        ("/org tree", "fullback-audit"),
        ("/org accounts prod", "fullback-production-web"),
        ("/org account fullback-audit", "ProtectAuditTrail from the account itself"),
        ("/org policy OwnerTag", "AWS does not answer now"),
        ("/org services", "cloudtrail.amazonaws.com"),
    ):
        alice.types(text)
        assert "As read from AWS" in json.dumps(shown(scenario, "alice", words)["blocks"])


def test_the_picture_is_seen_on_the_page(browser: Browser) -> None:
    with started("socket") as scenario, page_of(browser) as page:
        scenario.person("alice").types("/org tree --picture")
        scenario.slack.wait_for(
            lambda: [one for one in scenario.person("alice").dms if one.get("files")], PATIENCE, "the picture"
        )
        page.goto(scenario.slack.page_url)
        page.get_by_role("button", name="orgbot").click()
        snapshot = page.get_by_role("log").locator("img.large")
        expect(snapshot).to_be_visible()
        assert snapshot.evaluate("image => image.decode().then(() => image.naturalWidth)") > 500


def more_than(scenario: Scenario, number: int) -> bool:
    """Whether the guest has got another private line."""
    return len(scenario.person("guest").ephemerals) > number


def test_a_guest_sees_nothing_of_the_organization(scenario: Scenario) -> None:
    guest = scenario.person("guest")
    for text in ("/org tree", "/org accounts", "/org requests", "/org create-account"):
        answered = partial(more_than, scenario, len(guest.ephemerals))
        guest.types(text)
        scenario.slack.wait_for(answered, PATIENCE, f"the answer to {text}")
        assert "available to guest accounts" in guest.ephemerals[-1]["text"]
    guest.opens_home()
    scenario.slack.wait_for(lambda: "guest accounts" in json.dumps(guest.home), PATIENCE, "the guest's home tab")
    assert "fullback" not in json.dumps([*guest.ephemerals, *guest.dms, guest.home])
    assert guest.view is None
