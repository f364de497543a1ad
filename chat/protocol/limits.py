"""How much a room takes, from whom, how fast. A client reads the numbers in its `welcome`."""

from dataclasses import asdict, dataclass, fields, replace

# JavaScript's largest exact whole number; a database bigint holds it too.
MAX_S = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Limits:
    """Field names are the keys on the wire. ``_s`` is seconds, ``_chars`` Unicode code points.

    Raises ValueError for a number below 1.
    """

    frame_bytes: int = 16 * 1024  # of UTF-8
    body_chars: int = 2000  # after trimming
    summary_chars: int = 2000  # after trimming
    messages_per_s: int = 5  # per person, over all sockets
    messages_burst: int = 20
    typing_per_s: int = 1
    sockets: int = 5  # per person and room
    window_messages: int = 256  # sent and not yet `seen`
    window_bytes: int = 256 * 1024
    lag_s: int = 20  # time to catch up before 4508
    hello_s: int = 10  # time to say hello
    bad_frames: int = 3  # in a row, before 4400
    seen_messages: int = 64  # `seen` is due after so many
    seen_s: int = 2  # or so long
    ping_s: int = 15  # a client with nothing to send sends `ping`
    silent_s: int = 45  # without a frame from the client, it counts as lost
    page: int = 50  # most messages in one page over REST

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) < 1:
                raise ValueError(f"{field.name} is {getattr(self, field.name)}; expected 1 or more")

    def as_json(self) -> dict[str, int]:
        return asdict(self)


LIMITS = Limits()


def configure(**numbers: int) -> None:
    """The site's own numbers, once, before anybody connects. Raises ValueError for a name or number that is none.

    In place: everybody holds the one LIMITS.
    """
    unknown = sorted(numbers.keys() - asdict(LIMITS).keys())
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: no such limit; known are {', '.join(asdict(LIMITS))}")
    for name, number in replace(LIMITS, **numbers).as_json().items():
        object.__setattr__(LIMITS, name, number)
