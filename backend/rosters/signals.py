"""What families decide, told to those above inside the transaction: a receiver that fails takes it all back.

Each but the last two is sent with ``child``, ``actor`` and ``now``.
"""

from django.dispatch import Signal

taking_part_ended = Signal()  # by the only guardian, or by a child that may end it itself
guardian_withdrew = Signal()  # one of several: the child goes on
stop_asked = Signal()  # by a child too young to end it itself
guardianship_changed = Signal()  # who of the guardians may know what
pause_ended = Signal()  # with ``mentor``, ``actor`` and ``now``
standing_changed = Signal()  # with ``now``: somebody takes part or not, a mentor is vetted until another day
