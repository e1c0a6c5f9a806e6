"""What a card says about a request at three levels, the most severe first, whoever adds it and whenever it was stored."""

from __future__ import annotations

from operations.core.preview import Level, Notice, Preview, caution, danger, fact


def preview(*notices: Notice) -> Preview:
    return Preview(title="t", facts=(), plan=(), warnings=notices)


def test_the_most_severe_comes_first_and_what_is_alike_keeps_its_order() -> None:
    found = preview(fact("a"), caution("b"), danger("c"), caution("d"), danger("e"))
    assert [notice.say for notice in found.warnings] == ["c", "e", "b", "d", "a"]


def test_what_is_added_later_takes_its_level_s_place() -> None:
    found = preview(danger("first"), fact("last")).warning(caution("between"))
    assert [notice.level for notice in found.warnings] == [Level.DANGER, Level.CAUTION, Level.FACT]


def test_dangers_alone_are_asked_about() -> None:
    assert preview(caution("wide"), danger("gone"), fact("new")).dangers == ("gone",)


def test_it_is_read_as_it_was_stored() -> None:
    stored = preview(danger("gone"), fact("new"))
    assert Preview.model_validate(stored.model_dump(mode="json")) == stored


def test_sentences_that_an_earlier_version_stored_are_cautions() -> None:
    stored = preview().model_dump(mode="json") | {"warnings": ["The target is the root.", "Everything stops."]}
    assert Preview.model_validate(stored).warnings == (caution("The target is the root."), caution("Everything stops."))
