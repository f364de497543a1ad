"""The one way in which a rule refuses what can't happen."""


class IllegalMove(Exception):
    """The code asked for something that can't happen in this state: a mistake of ours, not of a person's."""

    def __init__(self, *, expected: str, got: str) -> None:
        super().__init__(f"expected {expected}, got {got}")
        self.expected = expected
        self.got = got
