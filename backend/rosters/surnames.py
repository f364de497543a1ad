"""What mentors call a child: the name without its family name. Pure."""

COMPOUND = frozenset(
    [
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "夏侯",
        "司徒",
        "端木",
        "南宫",
        "长孙",
        "宇文",
    ]
)


def given_name(name: str) -> str:
    """``欧阳子涵`` -> ``子涵``; a name of one character stays as it is."""
    family = 2 if name[:2] in COMPOUND and len(name) > 2 else 1
    return name[family:] or name
