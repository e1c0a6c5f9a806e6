"""What a button that helps takes from the request that was refused."""

from __future__ import annotations

from operations.aws.codes import CODES
from operations.aws.prefilled import Prefilled


def test_it_takes_the_first_value_that_the_refused_request_has() -> None:
    turn_on = Prefilled(operation="enable-policy-type", taking={"kind": ("kind", "type")})
    assert turn_on.filled({"type": "TAG_POLICY"}).values == {"kind": "TAG_POLICY"}
    assert turn_on.filled({"type": "TAG_POLICY", "kind": "BACKUP_POLICY"}).values == {"kind": "BACKUP_POLICY"}
    assert turn_on.filled({"policy": "p-1"}).values == {}


def test_its_own_values_stay() -> None:
    one = Prefilled(operation="detach-policy", values={"policy": "p-1"}, taking={"policy": ("policy",)})
    assert one.filled({"policy": "p-2"}).values == {"policy": "p-1"}


def test_what_is_sorted_may_be_looked_up_by_its_meaning() -> None:
    assert hash(CODES["ServiceAccessNotEnabledException"]) == hash(CODES["ServiceAccessNotEnabledException"])
    assert len({Prefilled(operation="delete-ou", values={"ou": ou}) for ou in ("ou-1", "ou-2", "ou-1")}) == 2
