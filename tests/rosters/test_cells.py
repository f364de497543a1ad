"""Cells as people write them."""

import pytest

from backend.rosters.reading import cells


@pytest.mark.parametrize(
    ("text", "system", "grade"),
    [
        ("五年级", "6-3", 5),
        ("五（3）班", "6-3", 5),
        ("小五", "6-3", 5),
        ("5年级", "6-3", 5),
        ("5.0", "6-3", 5),
        ("初一", "6-3", 7),
        ("初一", "5-4", 6),
        ("初四", "5-4", 9),
        ("高1", "6-3", 10),
        ("高三", "6-3", 12),
        ("十二年级", "6-3", 12),
    ],
)
def test_a_grade_in_words(text: str, system: str, grade: int) -> None:
    assert cells.grade(text, system) == grade


@pytest.mark.parametrize("text", ["五年及", "0", "13", "初四", "高四", "大一", ""])
def test_no_grade(text: str) -> None:
    with pytest.raises(cells.Unreadable):
        cells.grade(text)


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("mon-19", {19}),
        ("周一19:00", {19}),
        ("周一19:00-21:00", {19, 20}),
        ("周一至周五 19-21点", {day * 24 + hour for day in range(5) for hour in (19, 20)}),
        ("周末 9-11点", {129, 130, 153, 154}),
        ("mon-fri 19-21", {day * 24 + hour for day in range(5) for hour in (19, 20)}),
        ("周三１９：００；周日９点", {67, 153}),
        ("周一19点、20点", {19, 20}),
    ],
)
def test_hours_in_words(text: str, slots: set[int]) -> None:
    assert cells.availability(text) == slots


@pytest.mark.parametrize("text", ["周八19点", "mon-25", "周一21-19点", "晚上", "周一"])
def test_no_hours(text: str) -> None:
    with pytest.raises(cells.Unreadable):
        cells.availability(text)


def test_an_id_that_excel_has_rounded_is_refused() -> None:
    with pytest.raises(cells.Unreadable):
        cells.identifier("3.701020200001e+17")
    assert cells.identifier("12.0") == "12"
