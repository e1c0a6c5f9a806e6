"""What the terminal shows of Slack's mrkdwn."""

from __future__ import annotations

import pytest

from sandbox.slack.manifest import Manifest
from sandbox.slack.workspace import Workspace
from sandbox.wording import plainly

WORKSPACE = Workspace(Manifest())


@pytest.mark.parametrize(
    ("mrkdwn", "words"),
    [
        (":hourglass_flowing_sand: Request *#1* is _filed_", "Request #1 is filed"),
        ("asked by <@U0ALICE> in <#C0APPROVALS>", "asked by @Alice Ahmed in #aws-approvals"),
        ("needs <!subteam^S0APPROVERS> or <!channel>", "needs @aws-approvers or @channel"),
        ("until <!date^1700000000^{date_short_pretty} {time}|2023-11-14 22:13 UTC>", "until 2023-11-14 22:13 UTC"),
        ("<https://example.com/archives/1|request #1>, <https://example.com>", "request #1, https://example.com"),
        ("`*` and `_a_` of &lt;all&gt; &amp; <@U0NOBODY>", "`*` and `_a_` of <all> & @U0NOBODY"),
        ("arn:aws:iam::111122223333:root at 12:30:15", "arn:aws:iam::111122223333:root at 12:30:15"),
    ],
)
def test_it_says_what_a_person_reads(mrkdwn: str, words: str) -> None:
    assert plainly(mrkdwn, WORKSPACE) == words
