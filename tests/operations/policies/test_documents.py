"""A document is read strictly, refused with line and column, compared, judged and checked."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.aws import GLANCING
from operations.aws.errors import FieldError
from operations.core.meaning import same_document
from operations.core.preview import PreviewInput
from operations.policies.analysis import check_with_analyzer, checkable
from operations.policies.diff import document_diff
from operations.policies.documents import read_document
from operations.policies.lockout import lockout_warnings
from sandbox.aws.server import AwsSandbox
from tests.harness.aws import bot_aws
from tests.harness.organizations import with_policies
from tests.harness.tables import each_of

SCP, TAG = "SERVICE_CONTROL_POLICY", "TAG_POLICY"


@each_of(
    ("given_text", "small"),
    [
        ('{\n  "b": 1,\n  "a": [1, 2]\n}', '{"b":1,"a":[1,2]}'),
        ('```json\n{"a": "é"}\n```', '{"a":"é"}'),
        ('```{"a": 1}```', '{"a":1}'),
        ('\ufeff{"a": 1}', '{"a":1}'),
        ("{“a”: “b”}", '{"a":"b"}'),
        ('{"a": "“b”"}', '{"a":"“b”"}'),
        ('{"a": “b”, “c": "d”}', '{"a":"b","c":"d"}'),
        ('{“a”: "say “hi” now", "b": “say "ho" now”}', '{"a":"say “hi” now","b":"say \\"ho\\" now"}'),
        ("{« a »: «\u202fb\u00a0», \u2039c\u203a: »d«}", '{"a":"b","c":"d"}'),
        ('{\u00a0"a":\u202f"b\u00a0c"}', '{"a":"b\u00a0c"}'),
    ],
)
def test_it_is_minified_and_keeps_its_order(given_text: str, small: str) -> None:
    assert read_document(given_text, SCP) == small


@each_of(
    ("text", "said"),
    [
        ('{"a": 1,\n  "b": }', "invalid JSON at line 2, column 8: expected a value, found “}”."),
        ('{"a": 1,}', "a comma too many"),
        ("{'a': 1}", "double quotes"),
        ('{"a": 1} // why', "no comments"),
        ("policy.json", "a file's name"),
        ("https://example.com/p.json", "an address"),
        ('{"a": 1,\n "a": 2}', "has the key “a” twice in one object, at line 2, column 2"),
        ('{"a": NaN}', "holds NaN, which JSON does not know, at line 1, column 7"),
        ("[1]", "has to be a JSON object, in braces; this is a list"),
        ('{"a":' * 60 + "1" + "}" * 60, "nested deeper than 50 levels"),
        ("[" * 100_000, "nested deeper than 50 levels"),
        ('{"a": "' + "x" * 11_000 + '"}', "has 11,008 characters without white space, and AWS takes 10,240"),
        (r'{"a": "\ud800"}', "half a character"),
        ('{"a": ' + "1" * 5000 + "}", "has a number that is too large, 11111111111111111111, at line 1, column 7"),
        ('{"a": 1 "b": 2}', "invalid JSON at line 1, column 9: expected a comma or “}”, found a double quote."),
        ('{"a": “b}', "invalid JSON at line 1, column 7: expected a value, found “ (LEFT DOUBLE QUOTATION MARK)."),
        ('{"a"\uff1a1}', "column 5: expected a colon, found \uff1a (FULLWIDTH COLON)."),
        ("", "invalid JSON at line 1, column 1: expected a value, found the end."),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, said: str) -> None:
    with pytest.raises(FieldError) as raised:
        read_document(text, SCP)
    assert raised.value.field == "content"
    assert said in raised.value.message


@given(st.one_of(st.text(), st.text(alphabet='{}[]",:\\ \n1aNull“”`/'), st.recursive(st.none(), st.lists).map(str)))
@settings(deadline=None)
def test_whatever_is_given_is_read_or_refused(text: str) -> None:
    try:
        small = read_document(text, TAG)
    except FieldError:
        return
    assert isinstance(json.loads(small), dict)


def test_a_diff_shows_what_changes_with_lines_around() -> None:
    old = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": f"s3:{n}"} for n in range(9)]}
    new = json.loads(json.dumps(old))
    new["Statement"][0]["Action"] = "s3:*"
    new["Statement"][8]["Effect"] = "Allow"
    lines = document_diff(json.dumps(old), json.dumps(new)).splitlines()
    assert '-       "Action": "s3:0"' in lines
    assert '+       "Action": "s3:*"' in lines
    assert "…" in lines
    assert len(lines) < 25


def test_the_same_said_otherwise_is_no_change() -> None:
    assert document_diff('{"a": 1, "b": 2}', '{"b":2,"a":1}') == ""
    assert same_document("no json", "no json")
    assert not same_document("no json", "{}")


def test_a_new_document_and_one_that_goes() -> None:
    assert document_diff("", '{"a":1}').splitlines() == ["+ {", '+   "a": 1', "+ }"]
    assert document_diff('{"a":1}', "").splitlines() == ["- {", '-   "a": 1', "- }"]


def scp(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Resource": "*", **statement}]})


EXCEPTED = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/OrganizationAccountAccessRole"}}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (scp(Action="*"), "denies everything to everybody beneath"),
        (scp(NotAction="support:*"), "denies everything to everybody beneath"),
        (scp(Action=["STS:Assume*"], Sid="Locked"), "Statement 1 (Locked) denies sts:AssumeRole without an exception"),
        (scp(Action="iam:*"), "denies iam:UpdateAssumeRolePolicy without an exception"),
        (scp(Action="sts:AssumeRole", Resource="arn:aws:iam::*:role/Org*"), "denies sts:AssumeRole"),
        (scp(Action="*", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}), "denies everything"),
    ],
)
def test_what_could_lock_out_is_warned_of(document: str, said: str) -> None:
    assert said in " ".join(notice.say for notice in lockout_warnings(document, SCP))


@each_of(
    "document",
    [
        scp(Action="organizations:LeaveOrganization"),
        scp(Action="s3:*"),
        scp(Action="*", Condition=EXCEPTED),
        scp(Action="sts:AssumeRole", Resource="arn:aws:iam::*:role/other"),
        scp(NotAction=["sts:*", "iam:*"]),
        scp(Effect="Allow", Action="*"),
        "no json",
        "[]",
    ],
)
def test_what_locks_nobody_out_is_not(document: str) -> None:
    assert lockout_warnings(document, SCP) == ()


def test_other_types_lock_nobody_out() -> None:
    assert lockout_warnings(scp(Action="*"), TAG) == ()


def asking() -> PreviewInput:
    return PreviewInput(with_policies(), bot_aws(reading=GLANCING))


def test_access_analyzer_finds_errors_and_warnings(aws: AwsSandbox) -> None:
    checked = check_with_analyzer(asking(), '{"Version":"2012","Statement":[]}', SCP)
    assert checked.errors
    assert all("INVALID_VERSION" in error or "MISSING_STATEMENT" in error for error in checked.errors)
    warned = check_with_analyzer(asking(), scp(Action="s3:*").replace('"Version": "2012-10-17", ', ""), SCP)
    assert "MISSING_VERSION" in warned.notes[0]
    assert aws.endpoint_url


def test_a_clean_document_says_so(aws: AwsSandbox) -> None:
    said = check_with_analyzer(asking(), scp(Action="s3:DeleteBucket"), SCP).said
    assert said == "Checked by IAM Access Analyzer: no findings."
    assert aws.endpoint_url


def test_what_was_not_checked_is_said(aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    assert TAG not in checkable()
    assert "are those of its published syntax" in check_with_analyzer(asking(), "{}", TAG).said
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert aws.endpoint_url
    assert "did not answer" in check_with_analyzer(asking(), scp(Action="s3:*"), SCP).said
