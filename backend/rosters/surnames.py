"""What mentors call a child, and families a mentor. Pure but for the reader's language."""

from django.utils import translation

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


def teacher(name: str) -> str:
    """李老师 in Chinese, where a family says no more; the whole name elsewhere."""
    if not (translation.get_language() or "").startswith("zh"):
        return name
    family = name.removesuffix(given_name(name)) if given_name(name) != name else name
    return f"{family}老师"
