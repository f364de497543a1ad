"""What somebody is to the programme, as far as signing in goes."""

from backend.accounts.models import User
from backend.accounts.sessions import Standing
from backend.rosters.models import Child, Mentor


def standing_of(user: User) -> Standing:
    """Of several the strictest: a mentor who is a parent too signs in as a mentor."""
    if user.is_coordinator:
        return Standing.COORDINATOR
    if Mentor.objects.filter(user=user).exists():
        return Standing.MENTOR
    if Child.objects.filter(user=user).exists():
        return Standing.CHILD
    return Standing.FAMILY
