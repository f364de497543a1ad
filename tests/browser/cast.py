"""Invented people in a running site's database, with passwords: `python -m tests.browser.cast` prints them."""

import json

import django

PASSWORD = "a quiet evening in spring"


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
    }
    for login, user in people.items():
        user.login = login
        user.set_password(PASSWORD)
        user.save()
    rooms = {role: room.pk for role, room in family.rooms.items()}
    print(json.dumps({"rooms": rooms, "child": family.child.pk}))


if __name__ == "__main__":
    main()
