"""Words that a drill's server holds or masks, and what must become of them."""

HOLD, MASK, MASKED = "✋", "◇", "＊"  # signs that the site itself thinks nothing of


def as_stored(body: str) -> str | None:
    """The words that must stand in the room; None for those that must be held."""
    return None if HOLD in body else body.replace(MASK, MASKED)
