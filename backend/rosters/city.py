"""The demonstration city: invented people, drawn from a seed, for whom a full plan exists by construction.

A plan is drawn first: every child gets a teacher's and a counsellor's hour. Then each person's free hours
are made to contain their part of it, and filled up with others.
"""

import random
from collections import defaultdict
from datetime import date, timedelta
from heapq import heappop, heappush
from typing import Any, BinaryIO

from openpyxl import Workbook

from backend.rosters.lists import JINAN
from backend.rosters.reading.columns import CHILDREN, MENTORS
from matching.core.roster import slot_code

GRADE_PERCENT = (11, 11, 11, 10, 9, 8, 8, 7, 7, 6, 6, 6)
HOURS = [day * 24 + hour for day in range(5) for hour in range(16, 21)] + [
    day * 24 + hour for day in (5, 6) for hour in (9, 10, 11, 14, 15, 16, 17, 19, 20)
]
OFF_PEAK = [slot for slot in HOURS if slot // 24 < 5 and slot % 24 in (16, 17)] + [
    slot for slot in HOURS if slot // 24 >= 5
]
BANDS = ((1, 6), (1, 9), (4, 9), (7, 12), (1, 12))
FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "沐阳子涵雨桐浩然欣怡宇轩梓萱思远佳宁明哲安然书瑶嘉懿乐童若溪景行知夏云舟清和"
COUNSELLORS, COUNSELLOR_SEATS = 42, 17
TEACHER_SEATS, TEACHER_PERCENT = 755, (22, 26, 27, 25)
FULL = (("math", 10), ("english", 10))
SUBJECTS = ("math", "english", "chinese", "physics", "chemistry")


class City:
    """Draws the people of a city of ``size`` children; the same seed and day give the same people."""

    def __init__(self, size: int, today: date, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - invented people, no secrets
        self.today = today
        self.size = size
        self.busy: dict[str, set[int]] = defaultdict(set)  # hours of the hidden plan, by person
        self.born: set[tuple[str, date]] = set()
        self.children = [self._child(number) for number in range(size)]
        self.mentors = self._counsellors() + self._teachers()

    def _name(self) -> str:
        at = self.random.randrange(0, len(GIVEN) - 1, 2)
        return self.random.choice(FAMILY) + GIVEN[at : at + 2]

    def _birth_date(self, name: str, born: date) -> str:
        """That day, or the first one after it on which no other child of this name was born: an import asks of two
        such children whether they are one."""
        while (name, born) in self.born:
            born += timedelta(days=1)
        self.born.add((name, born))
        return born.isoformat()

    def _phone(self, kind: int, number: int) -> str:
        return f"13{kind}{number:08d}"

    def _child(self, number: int) -> dict[str, Any]:
        grade = self.random.choices(range(1, 13), GRADE_PERCENT)[0]
        wanted = [s for s in SUBJECTS if grade >= {"physics": 8, "chemistry": 9}.get(s, 1)]
        # Every eleventh child has the parent of the child before it: some sixty pairs of siblings.
        family = number - 1 if number % 11 == 5 else number
        name = self._name()
        born = date(self.today.year - 6 - grade, 1 + number % 12, 1 + number % 28)
        return {
            "child_id": f"K{number + 1:05d}",
            "name": name,
            "grade": grade,
            "subjects": self.random.sample(wanted, self.random.choice((1, 1, 2))),
            "district": self.random.choice(JINAN)[0],
            "gender": self.random.choice("fm"),
            "preferred_mentor_gender": self.random.choice(("", "", "", "f", "m")),
            "priority": self.random.choices((0, 1, 2, 3), (85, 9, 4, 2))[0],
            "birth_date": self._birth_date(name, born),
            "parent_name": FAMILY[family % len(FAMILY)] + "敏",
            "parent_phone": self._phone(8, family),
            "carer_name": FAMILY[(family + 7) % len(FAMILY)] + "秀英",
            "carer_relation": "奶奶" if family % 2 else "外婆",
            "carer_phone": self._phone(7, family),
            "consent_date": (self.today - timedelta(days=30)).isoformat(),
        }

    def _mentor(self, mentor_id: str, kind: int, number: int, capacity: int) -> dict[str, Any]:
        return {
            "mentor_id": mentor_id,
            "name": self._name(),
            "capacity": capacity,
            "district": self.random.choice(JINAN)[0],
            "gender": self.random.choice("ffm"),
            "phone": self._phone(kind, number),
            "email": f"{mentor_id.lower()}@example.invalid",
            "vetted_until": (self.today + timedelta(days=300)).isoformat(),
        }

    def _give_hour(self, child: str, mentor: str, hours: list[int]) -> bool:
        """Puts one hour of the hidden plan between the two, if they have one left."""
        left = [h for h in hours if h not in self.busy[child] and h not in self.busy[mentor]]
        if left:
            hour = self.random.choice(left)
            self.busy[child].add(hour)
            self.busy[mentor].add(hour)
        return bool(left)

    def _hours_for(self, child: dict[str, Any]) -> list[int]:
        """Under 16 the day ends at 20:00 at the start of the last hour."""
        return HOURS if child["grade"] < 10 else [*HOURS, *(day * 24 + 21 for day in range(7))]

    def _counsellors(self) -> list[dict[str, Any]]:
        count = max(2, round(self.size * COUNSELLORS / 698))
        people = []
        for number in range(count):
            # The first of each five takes every grade, so that nobody is left without one.
            low, high = BANDS[(number + 4) % len(BANDS)]
            person = self._mentor(f"W{number + 1:04d}", 9, number, COUNSELLOR_SEATS)
            person |= {
                "roles": {"wellbeing"},
                "wellbeing_grades": [(low, high)],
                "certificate": "counsellor-2",
            }
            people.append(person)
        load = [0] * count
        holding = {grade: [n for n in range(count) if _holds(people[n], grade)] for grade in range(1, 13)}
        # For each grade its counsellors, the least busy first; loads only grow, so a stale one is put back.
        queue = {grade: [(0, n) for n in numbers] for grade, numbers in holding.items()}
        for child in sorted(self.children, key=lambda c: len(holding[c["grade"]])):
            waiting, passed = queue[child["grade"]], []
            while waiting:
                seen, number = heappop(waiting)
                if seen != load[number]:
                    heappush(waiting, (load[number], number))
                elif seen < COUNSELLOR_SEATS:
                    passed.append(number)
                    if self._give_hour(child["child_id"], people[number]["mentor_id"], HOURS):
                        load[number] += 1
                        break
            for number in passed:
                heappush(waiting, (load[number], number))
        for number, person in enumerate(people[:4]):
            person["roles"] = {"academic", "wellbeing"}
            person["teaches"] = [(SUBJECTS[number % 3], 1, 9)]
        return people

    def _teachers(self) -> list[dict[str, Any]]:
        """Teachers from demand: children who want the same subject in near grades share one."""
        groups: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
        for child in self.children:
            groups[child["subjects"][0], (child["grade"] - 1) // 3].append(child)
        people: list[dict[str, Any]] = []
        for (subject, stage), children in sorted(groups.items()):
            while children:
                capacity = self.random.choices((1, 2, 3, 4), TEACHER_PERCENT)[0]
                taken, children = children[:capacity], children[capacity:]
                person = self._mentor(f"A{len(people) + 1:04d}", 6, len(people), len(taken))
                person |= {"roles": {"academic"}, "teaches": [(subject, 3 * stage + 1, 3 * stage + 3)]}
                for child in taken:
                    self._give_hour(child["child_id"], person["mentor_id"], HOURS)
                people.append(person)
        self._spare_seats(people)
        return people

    def _spare_seats(self, teachers: list[dict[str, Any]]) -> None:
        """Room beyond the plan; but maths and English of the last three grades stay full to the last seat."""
        roomy = [p for p in teachers if p["capacity"] < 4 and p["teaches"][0][:2] not in FULL]
        spare = min(len(roomy), round(self.size * TEACHER_SEATS / 698) - self.size)
        for person in self.random.sample(roomy, spare):
            person["capacity"] += 1

    def _availability(self, person: str, hours: list[int], low: int, high: int) -> str:
        slots = set(self.busy[person])
        slots |= set(self.random.sample(OFF_PEAK, 2))
        rest = [hour for hour in hours if hour not in slots]
        self.random.shuffle(rest)
        wanted = self.random.randint(low, high)
        slots |= set(rest[: max(0, wanted - len(slots))])
        return ";".join(slot_code(slot) for slot in sorted(slots))

    def sheets(self) -> dict[str, list[list[Any]]]:
        for child in self.children:
            child["availability"] = self._availability(child["child_id"], self._hours_for(child), 6, 12)
        for mentor in self.mentors:
            low, high = (20, 24) if "wellbeing" in mentor["roles"] else (4, 8)
            mentor["availability"] = self._availability(mentor["mentor_id"], HOURS, low, high)
        return {
            "学生": _table(CHILDREN, self.children),
            "导师": _table(MENTORS, self.mentors),
        }


def write_xlsx(target: BinaryIO, *, today: date, size: int = 698, seed: int = 2020) -> None:
    """One workbook with Chinese headings, as a coordinator would have it."""
    workbook = Workbook()
    workbook.remove(workbook.active)
    for title, rows in City(size, today, seed).sheets().items():
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(row)
    workbook.save(target)


def _holds(person: dict[str, Any], grade: int) -> bool:
    return any(low <= grade <= high for low, high in person["wellbeing_grades"])


def _table(columns: dict[str, Any], people: list[dict[str, Any]]) -> list[list[Any]]:
    return [
        [column.aliases[0] for column in columns.values()],
        *([_cell(name, person.get(name, "")) for name in columns] for person in people),
    ]


def _cell(name: str, value: Any) -> Any:
    if name == "teaches":
        return ";".join(f"{subject}:{low}-{high}" for subject, low, high in value)
    if name == "wellbeing_grades":
        return ";".join(f"{low}-{high}" for low, high in value)
    if isinstance(value, list | set):
        return ";".join(sorted(value) if isinstance(value, set) else value)
    return value
