"""Invented people in a running site's database, with passwords: `python -m tests.browser.cast` prints them."""

import json

import django

PASSWORD = "a quiet evening in spring"
# Names, words and secrets that tests type in: none of them may stand in a log.
CANARIES = (PASSWORD, "沐阳", "李老师", "林医生", "奶奶", "通分", "zhou@example.org")


def main() -> None:
    django.setup()
    from tests.chat.people import add_family

    family = add_family()
    people = {
        "mentor": family.academic.user,
        "counsellor": family.wellbeing.user,
        "child": family.child.user,
        "parent": family.parent,
        "carer": family.carer,
        "stranger": family.stranger,
        "coordinator": family.coordinator,
    }
    for login, user in people.items():
        user.login = login
        user.set_password(PASSWORD)
        user.save()
    rooms = {role: room.pk for role, room in family.rooms.items()}
    print(
        json.dumps(
            {
                "rooms": rooms,
                "child": family.child.pk,
                "pairings": {role: room.pairing_id for role, room in family.rooms.items()},
            }
        )
    )


if __name__ == "__main__":
    main()
