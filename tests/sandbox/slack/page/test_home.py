"""The home tab may be published anew at any moment; its picture is seen as large as the window is wide."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.sync_api import Browser, WebSocketRoute, expect

from sandbox.slack.driver import SlackSandbox
from tests.harness.browser import page_of
from tests.sandbox.slack.bots import Bot, card, client_of
from tests.sandbox.slack.page.conftest import Look


def test_the_focus_stays_on_its_button(slack: SlackSandbox, look: Look) -> None:
    page = look("U0ALICE/D0ALICE/home")
    page.get_by_role("button", name="Deny").focus()
    client_of(slack).views_publish(user_id="U0ALICE", view={"type": "home", "blocks": card("Something to do.")})
    expect(page.get_by_role("tabpanel")).to_contain_text("Something to do.")
    expect(page.get_by_role("button", name="Deny")).to_be_focused()


def test_what_was_published_before_the_page_listened_is_shown(slack: SlackSandbox, bot: Bot, browser: Browser) -> None:
    """The first connection for live events ends at once; the page comes again after a second."""
    connections: list[WebSocketRoute] = []

    def end_the_first(route: WebSocketRoute) -> None:
        connections.append(route)
        if len(connections) == 1:
            route.close()
        else:
            route.connect_to_server()

    with page_of(browser) as page:
        page.route_web_socket("**/sandbox/events*", end_the_first)
        page.goto(f"{slack.page_url}/#U0ALICE/D0ALICE/home")
        expect(page.get_by_role("tabpanel")).to_contain_text("Nothing to do.")
    assert len(connections) > 1


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (400, "light"), (400, "dark")])
def test_a_picture_that_the_bot_has_uploaded_is_seen(slack: SlackSandbox, look: Look, width: int, scheme: str) -> None:
    client, content = client_of(slack), io.BytesIO()
    Image.new("RGB", (760, 1200), "#fff").save(content, "PNG")
    file = client.files_upload_v2(filename="tree.png", content=content.getvalue())["files"][0]["id"]
    slack.wait_for(lambda: client.files_info(file=file)["file"]["mimetype"], 5, "the file's type")
    shown = {"type": "image", "slack_file": {"id": file}, "alt_text": "The organization"}
    page = look("U0ALICE/D0ALICE/home", width=width, scheme=scheme)
    expect(page.get_by_role("tabpanel")).to_contain_text("Nothing to do.")
    client.views_publish(user_id="U0ALICE", view={"type": "home", "blocks": [shown]})
    picture = page.get_by_alt_text("The organization")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 760
    box = picture.bounding_box()
    assert box is not None
    assert 300 <= box["width"] <= min(width - box["x"], 380)
