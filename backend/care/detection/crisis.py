"""Words behind which there may be danger. They route to a person; they never block, and they prove nothing."""

import re
from enum import StrEnum

from backend.care.detection.normal import Normal
from backend.care.detection.phrases import pattern


class Sign(StrEnum):
    WISH_TO_DIE = "S1"
    PLAN_OR_MEANS = "S2"
    SELF_HARM = "S3"
    HOPELESS = "H1"
    VIOLENCE_AT_HOME = "A1"
    SEXUAL_HARM = "A2"
    BULLYING = "B1"
    FEAR_FOR_PARENT = "F1"


PATTERNS = {sign: pattern(sign.name.lower()) for sign in Sign}
IDIOMS = pattern("idioms")
# What is put between the characters of a word: 不.想 活 了
BETWEEN = re.compile(r"(?<=[\u4e00-\u9fff])(?:[^\w,。!?]{1,3}|[._*·|/\\-])(?=[\u4e00-\u9fff])")


def signs(normal: Normal) -> frozenset[Sign]:
    text = IDIOMS.sub("。", BETWEEN.sub("", normal.text))
    return frozenset(sign for sign, each in PATTERNS.items() if each.search(text))
