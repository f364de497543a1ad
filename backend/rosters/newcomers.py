"""What hangs on people who are new: kept until a file is through, then written in one go a kind of row."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model
from django.utils import timezone

from backend.accounts.models import User
from backend.rosters.models import (
    Carer,
    Certificate,
    Child,
    ChildSlot,
    ChildSubject,
    Consent,
    Guardianship,
    Mentor,
    MentorSlot,
    Teaching,
    WellbeingBand,
)


class Newcomers:
    """Nothing of it is in the database before `write`; values as `saving.normal` gives them."""

    def __init__(self) -> None:
        self._rows: dict[type[Model], list[Model]] = defaultdict(list)

    def add_mentor(self, mentor: Mentor, values: Mapping[str, Any], actor: Any) -> None:
        for slot in sorted(values["availability"]):
            self._add(MentorSlot(mentor=mentor, slot=slot))
        for subject, low, high in values.get("teaches", ()):
            self._add(Teaching(mentor=mentor, subject_id=subject, low=low, high=high))
        for low, high in values.get("wellbeing_grades", ()):
            self._add(WellbeingBand(mentor=mentor, low=low, high=high))
        for kind in values.get("certificate", ()):
            self._add(
                Certificate(mentor=mentor, kind=kind, checked_by=actor, checked_on=timezone.localdate())
            )

    def add_child(self, child: Child, values: Mapping[str, Any], actor: Any) -> None:
        for slot in sorted(values["availability"]):
            self._add(ChildSlot(child=child, slot=slot))
        for rank, subject in enumerate(values["subjects"]):
            self._add(ChildSubject(child=child, subject_id=subject, rank=rank))
        if given_on := values.get("consent_date"):
            self._add(Consent(child=child, source=Consent.Source.PAPER, given_on=given_on, recorded_by=actor))

    def add_family(
        self, child: Child, parents: Iterable[tuple[int, User]], carer: Iterable[tuple[User, str]]
    ) -> None:
        """parents: with their place. Somebody who stands in both has the second."""
        places = {parent: order for order, parent in parents}
        for parent, order in places.items():
            self._add(Guardianship(child=child, guardian=parent, order=order))
        for user, relation in carer:
            self._add(Carer(child=child, user=user, relation=relation))

    def _add(self, row: Model) -> None:
        self._rows[type(row)].append(row)

    def write(self) -> None:
        for model, rows in self._rows.items():
            model._default_manager.bulk_create(rows, batch_size=1000)
        self._rows.clear()
