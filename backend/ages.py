"""Everything that depends on a child's age, in one table. Pure: a birth date and a moment in, rules out.

A birthday begins at midnight in Shanghai. Who was born on 29 February is a year older on 1 March of a common
year.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from backend.days import local_day

READ_ALONG_UNDER = 8  # from then on a child's conversations are its own (未成年人保护法 63)
OWN_WILL = 14  # up to then guardians alone decide (个人信息保护法 31)
LATE_HOURS = 16
GROWN = 18


class ReadAlong(StrEnum):
    """Whether guardians read the academic room. The wellbeing room they read at no age."""

    ALWAYS = "always"
    WHERE_AGREED = "where_agreed"  # a guardian asked, the child agreed, the room shows it
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for a child of this age.

    read_along:        guardians and the academic room.
    own_code:          the child chooses its code and keeps it to itself; a coordinator resets it.
    guardian_consents: a guardian gives and withdraws the consent to take part; else the child does.
    stops_itself:      the child ends its taking part that day; else it asks, and a grown-up comes.
    late_hours:        rooms close an hour later.
    plain_words:       questions to the child are put as to a small one.
    """

    read_along: ReadAlong
    own_code: bool
    guardian_consents: bool
    stops_itself: bool
    late_hours: bool
    plain_words: bool


def age_on(birth: date, day: date) -> int:
    """Full years."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def usual_grade(birth: date, day: date) -> int:
    """Of a child that came to school in the first autumn after its sixth birthday (义务教育法 11); below 1 before that,
    above 12 after school. A school year begins in September."""
    entered = birth.year + 6 + (birth.month >= 9)
    return day.year - (day.month < 9) - entered + 1


def age_at(birth: date, now: datetime) -> int:
    return age_on(birth, local_day(now))


def rules_for(age: int) -> Rules:
    if age < READ_ALONG_UNDER:
        along = ReadAlong.ALWAYS
    else:
        along = ReadAlong.WHERE_AGREED if age < GROWN else ReadAlong.NEVER
    return Rules(
        read_along=along,
        own_code=age >= READ_ALONG_UNDER,
        guardian_consents=age < GROWN,
        stops_itself=age >= OWN_WILL,
        late_hours=age >= LATE_HOURS,
        plain_words=age < OWN_WILL,
    )


def rules_at(birth: date, now: datetime) -> Rules:
    return rules_for(age_at(birth, now))


def born_after(years: int, day: date) -> date:
    """Who was born later than this is younger than ``years`` on this day: for questions to a database."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February, and that year had none
        return date(day.year - years, 2, 28)
