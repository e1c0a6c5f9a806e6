"""What the models of AWS say is parsed once, whoever asks."""

from __future__ import annotations

from collections import Counter

import pytest
from botocore.loaders import JSONFileLoader

from operations.aws import partitions
from operations.aws.model import text_of
from operations.policies.analysis import checkable
from operations.snapshot.policy_types import policy_types

SHAPES = (("organizations", "TagKey"), ("organizations", "TagValue"), ("account", "EmailAddress"))


def test_no_model_is_parsed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: Counter[str] = Counter()
    load = JSONFileLoader.load_file

    def counting(loader: JSONFileLoader, path: str) -> object:
        parsed[path] += 1
        return load(loader, path)

    monkeypatch.setattr(JSONFileLoader, "load_file", counting)
    for _ in range(2):
        for asked in (text_of, checkable, policy_types, partitions.sign_in_address):
            asked.cache_clear()
        for shape in SHAPES:
            assert text_of(*shape).pattern
        assert "SERVICE_CONTROL_POLICY" in checkable() & {*policy_types()}
        assert partitions.sign_in_address("aws-us-gov") == "https://signin.amazonaws-us-gov.com"
    assert not [path for path, times in parsed.items() if times > 1]
