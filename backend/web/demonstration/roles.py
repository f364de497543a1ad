"""Whom a visitor can be, and on which host. Pure: the settings read it too."""

# In the order of the door.
ROLES = (
    "child",
    "mentor",
    "counsellor",
    "parent",
    "carer",
    "coordinator",
    "lead",
    "young",
    "teenager",
    "stranger",
)
HOSTS = tuple(f"{role}.localhost" for role in ROLES)
DOOR = "localhost"


def origins(port: int) -> list[str]:
    """Of the demonstration on this machine, the one that links lead to first."""
    return [f"http://{host}:{port}" for host in ("127.0.0.1", DOOR, *HOSTS)]


def role_of(host: str) -> str | None:
    """The role of a Host header; None for the door itself and everything else."""
    name = host.partition(":")[0].lower()
    return dict(zip(HOSTS, ROLES, strict=True)).get(name)


def door_address(host: str) -> str:
    """Where one chooses somebody else, for a page on a role's host; empty on the door's own."""
    port = host.partition(":")[2]
    return f"http://{DOOR}:{port or 80}/" if role_of(host) else ""
