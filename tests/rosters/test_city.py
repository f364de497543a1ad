"""The demonstration city has the figures it is told by."""

from datetime import date

from backend.rosters.city import City


def test_the_figures_of_the_city() -> None:
    city = City(698, date(2020, 2, 17), 2020)
    sheets = city.sheets()
    counsellors = [m for m in city.mentors if "wellbeing" in m["roles"]]
    teachers = [m for m in city.mentors if m not in counsellors]
    assert len(sheets["学生"]) == 699 and len(counsellors) == 42
    assert {m["capacity"] for m in counsellors} == {17}
    assert {len(m["availability"].split(";")) for m in counsellors} == {20, 21, 22, 23, 24}
    assert {m["wellbeing_grades"][0] for m in counsellors} == {(1, 6), (1, 9), (4, 9), (7, 12), (1, 12)}
    assert sum("academic" in m["roles"] for m in counsellors) == 4
    assert 274 <= len(teachers) <= 294 and {m["capacity"] for m in teachers} == {1, 2, 3, 4}
    assert sum(m["capacity"] for m in teachers) == 755
    for subject in ("math", "english"):
        seats = sum(m["capacity"] for m in teachers if m["teaches"] == [(subject, 10, 12)])
        assert seats == sum(c["grade"] >= 10 and c["subjects"][0] == subject for c in city.children)
    assert {len(c["availability"].split(";")) for c in city.children} == set(range(6, 13))
    assert 55 <= 698 - len({c["parent_phone"] for c in city.children}) <= 65


def test_no_two_children_of_the_city_can_be_taken_for_one() -> None:
    children = City(698, date(2020, 2, 17), 2020).children
    assert len({(child["name"], child["birth_date"]) for child in children}) == 698
