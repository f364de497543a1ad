"""Markup in every text that a person can store: `python -m tests.browser.hostile` after the cast is in."""

import itertools

import django

ATTEMPT = "document.title='ran'"
WRAPS = [
    "<script>{}</script>",
    "</script><script>{}</script>",
    "<img src=x onerror={}>",
    "<svg onload={}>",
    "<svg><script>{}</script></svg>",
    "<body onload={}>",
    "<iframe srcdoc='<script>parent.{}</script>'></iframe>",
    '<a href="javascript:{}">x</a>',
    "<details open ontoggle={}>x</details>",
    "<input autofocus onfocus={}>",
    "<style>@import 'javascript:{}'</style>",
    "<math><mtext><img src=x onerror={}></mtext></math>",
]
BREAKS = ["", '"', "'", '">', "'>", "-->", "]]>", "</textarea>", "</title>", "}}"]
PAYLOADS = [before + wrap.format(ATTEMPT) for before, wrap in itertools.product(BREAKS, WRAPS)]


def main() -> None:
    django.setup()
    from uuid import uuid4

    from django.utils import timezone

    from backend.accounts.models import User
    from backend.rosters.models import Child, Mentor
    from chat.acts import Arrive, EndSession, Speak
    from chat.models import Room, Summary
    from chat.protocol import Side
    from chat.record import perform

    now = timezone.now()
    some = itertools.cycle(PAYLOADS)
    for child in Child.objects.all():
        child.name = child.call_name = next(some)[:60]
        child.needs, child.address = next(some), next(some)
        child.save()
    for mentor in Mentor.objects.all():
        mentor.name = next(some)[:60]
        mentor.save()
    for user in User.objects.all():
        user.name = next(some)[:60]
        user.save()
    for room in Room.objects.with_people():
        author = room.pairing.mentor.user_id
        said = [Speak(room.pk, Side.CHILD, str(uuid4()), text) for text in PAYLOADS]
        tabs = [Arrive(room.pk, side, uuid4()) for side in Side]
        perform([*tabs, *said, EndSession(room.pk, Side.MENTOR, author, next(some))], now=now)
    assert Summary.objects.count() == 2


if __name__ == "__main__":
    main()
