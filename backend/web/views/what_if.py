"""What happens when something goes wrong: a public page. Each case in three sentences, true of the code as it is."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

# Title; what the system does; what people must do.
CASES = (
    (
        _("A mentor leaves"),
        _(
            "As soon as a coordinator sets a mentor to “no longer takes part”, the mentor's rooms are shut, and what was said in them can still be read."
        ),
        _(
            "The next matching round finds another mentor for these children and leaves the other pairs together as far as it can."
        ),
        _(
            "The coordinator does both on the same day, and tells the child in person that it has done nothing wrong."
        ),
    ),
    (
        _("A mentor is reported"),
        _("A safeguarding lead can freeze a room at once: from then on nobody writes in it."),
        _(
            "A case of abuse is sealed: neither the family nor the person it names sees anything of it change, not even that somebody looked."
        ),
        _(
            "Whoever hears of it rings the safeguarding lead at once, does not ask the child to tell it again, and calls 110 where a child is in danger."
        ),
    ),
    (
        _("A parent withdraws"),
        _(
            "If no other guardian has agreed, both pairings end on that day and the rooms can only be read any more."
        ),
        _(
            "If another one goes on, sharing stops with the one who withdrew, and a case is due within 24 hours."
        ),
        _(
            "A coordinator rings the family, asks how the child is, and tells the mentors; nobody has to give a reason."
        ),
    ),
    (
        _("Parents disagree"),
        _("Guardians never see each other's contact details or what the other one looked at."),
        _(
            "A coordinator can let one of them see everything, the hours only, or nothing, with a reason on record; it holds from the next page on, and nobody is told."
        ),
        _(
            "The coordinator asks for what a court or an authority has decided, does not take sides, and listens to the child."
        ),
    ),
    (
        _("A parent dies"),
        _(
            "With one switch a coordinator leaves the family in peace: no automatic news goes to anybody at home, and brothers and sisters are included."
        ),
        _("The mentors see “please speak with the coordinator first”; they do not see why."),
        _(
            "The coordinator speaks with the family, decides with it who tells the child and whether the meetings go on, and puts in order who the guardian is now."
        ),
    ),
    (
        _("Nobody is on duty"),
        _(
            "Rooms close at their hour, but a conversation in which a child shows danger is not cut, and the hour never holds back words of danger."
        ),
        _(
            "The system recognises such words only in part, and it is no human: it can't take care of a child."
        ),
        _(
            "Whoever runs the programme fills the duty rota before the first day, and every family has 110, 120 and 12356 on paper."
        ),
    ),
    (
        _("Data leak"),
        _(
            "Every look of the staff at a child, and every export, stands in a log that is chained: what was changed in it afterwards shows."
        ),
        _(
            "Passwords are kept as hashes only, and anybody can sign out on all machines at once; a disabled account loses its open rooms within seconds."
        ),
        _(
            "Whoever operates the site shuts the way in, keeps the log, and changes the secret key; the programme tells the families and the authority what happened, without waiting for all of it to be known."
        ),
    ),
    (
        _("The police ask"),
        _("Nothing is handed out by itself, and no page gives all conversations of a child."),
        _(
            "A room is opened for some days only with a reason and a second person (in danger by a lead alone, reviewed by the end of the next day), for 60 minutes, and every view is on record."
        ),
        _(
            "Ask for the request in writing, let the safeguarding lead and a lawyer read it, hand over what it names and nothing else; where a child is in danger now, help first."
        ),
    ),
    (
        _("The server is lost"),
        _(
            "What was shown as sent is in the database; what was not waits in the browser that wrote it and goes out by itself."
        ),
        _("A meeting during which the rooms were down counts as missed by nobody."),
        _(
            "Whoever operates the site restores the newest backup, which they make themselves; the coordinators ring the families from the list on paper."
        ),
    ),
)


def show(request: HttpRequest) -> HttpResponse:
    return render(request, "what_if.html", {"cases": CASES})
