"""Numbers that can be dialled or added, however they are written: read in the normal numbers (normal.py).

A lesson is full of long numbers: each rule asks what stands around, before it calls one a telephone's.
"""

import itertools
import re
from collections.abc import Iterator, Sequence

from backend.care.detection.patterns import in_order, quick
from backend.care.detection.phrases import filled

# Nothing that counts or computes stands between the digits of a telephone number.
GAP = r"[^\w+×÷=()%:<>,;]{0,3}"
PHONE_CUE, SUM_CUE, PUBLIC = quick([filled("{phone}")]), quick([filled("{sum}")]), quick([filled("{public}")])
MOBILE = in_order(
    [
        rf"(?<![\d.])(?:\+?(?:00)?86{GAP})?1{GAP}[3-9](?:{GAP}[\dol]){{9}}(?!\d)"
        # The same thing between all digits, whatever it is: 1啊3啊8啊…
        rf"|(?<![\d.])1([^\d+×÷=]{{1,2}})[3-9](?:\1\d){{9}}(?!\d)"
        rf"|\(1\)\([3-9]\)(?:\(\d\)){{9}}"
        # With commas, where every digit stands alone.
        rf"|(?<![\d.])1(?:[,、，;] ?)[3-9](?:[,、，;] ?\d){{9}}(?!\d)"
    ]
)
BACKWARDS = re.compile(rf"(?<!\d)(?:\d{GAP}){{9}}[3-9]{GAP}1(?!\d)")
BACKWARDS_CUE = re.compile(
    r"倒[着过写读念来]|反[着过写读念]|从后|后往前|逆[着序]|翻过来|颠倒|backward|reverse"
)
# The end before the beginning: 尾号5678，前面是1381234
TAIL_FIRST = re.compile(
    r"(?:尾[号巴数]|[后末][四4]位|最后)[^\d]{0,4}\d{4}(?!\d)[^\d]{1,8}(?:前面|前[七7]位|开头)[^\d]{0,4}1[3-9]\d{5}(?!\d)"
)
# 1+3+8+…, and somebody says that the signs are to be left out.
WITH_SIGNS = re.compile(r"(?<![\d.])1([+×÷*/=-])[3-9](?:\1\d){9}(?!\d)")
LEFT_OUT = re.compile(
    r"(?:号|符号?|点|杠|空格|逗号|字|星)[^,。!?]{0,3}(?:删|去|不要|不算|忽略|无视|省|拿掉|除)|连起来|拼起来|合起来"
)
# Without the code of the town, where it is said whose it is.
NEAR = re.compile(r"(?:座机|固话|家里?的?电话|宅电|办公室的?电话)[^\d]{0,6}[2-8]\d{6,7}(?!\d)")
LANDLINE = re.compile(rf"(?<!\d)0\d{{2,3}}[- ()]{{0,2}}[2-8]{GAP}\d(?:{GAP}\d){{5,6}}(?!\d)")
# 前面138，中间1234，最后5678: a number in pieces, and the words that say so.
PIECE = re.compile(r"\d(?:[千百十零]{0,2}\d)*十?")
IN_PIECES = re.compile(
    r"先[记写是]|再[记写是]|[前后]面|中间|开头|结尾|尾[巴号数]|最后|再后|再加|再来|接着|然后|拼|连起来|合起来|凑|前[几三四五六七八3-8]|[后末尾中][间面]?[几三四五六七八3-8]位?|[后再跟][接着]|接上|剩[下余]|[分两几]次|尾号|[上下]半|藏|第[一二三1-3][部段]"
)
PIECE_GAP = re.compile(r"[+×÷*/=%<>°]|元|块|厘米|千米|平方|公里|分钟|小时|[页题年月]")

UNIT = r"(?!\d|\.\d|[ ]?[元块米个张页题对只克千万亿年月日人条本次步秒分度种粒公厘立平斤吨倍字位m])"
ADD_CUE = quick([filled("{qq}"), filled("{add}")])
# 加一下 23456 和 76543: a sum, where nobody says who is to be added.
SUM_WORD = re.compile(r"加(?:[一1]?下|个|这)(?!.*我)")
SUM_BEHIND = re.compile(r"[ ,]?再?(?:[+×÷*/=-]|(?P<said>[和与跟加减乘])以?) ?\d")
SUM_BEFORE = re.compile(r"\d ?(?:[+×÷*/=-]|(?P<said>[和与跟加减乘])以?) ?$")
MOST_DIGITS = 6  # of a sum in words: numbers that people are added by are mostly longer
NUMBER = rf"\d(?:{GAP}\d){{4,10}}"
QQ = in_order(
    [
        filled(rf"(?:{{qq}})[^\d]{{0,14}}(?P<number>{NUMBER}){UNIT}"),
        filled(
            r"(?:{qq})[^\d]{0,6}(?P<halves>\d{3,6}[^\d\n]{1,4}(?:后面|再|接着|然后)(?:是|加)?[^\d]{0,2}\d{3,6})(?!\d)"
        ),
        filled(rf"(?:{{add}})[^\d.]{{0,10}}(?P<other>{NUMBER}){UNIT}"),
        filled(rf"(?<!\d)(?P<before>{NUMBER})(?!\d)[^\d\n]{{0,8}}(?:{{qq}}|鹅的|{{add}})"),
    ]
)


def phones(text: str, numbers: str) -> Iterator[tuple[int, int]]:
    """[start, end) in ``numbers`` of what can be dialled.  text: the same words before their digits were read."""
    for match in MOBILE.finditer(numbers):
        if not _is_arithmetic(numbers, match):
            yield match.span()
    cued = PHONE_CUE.search(text)
    if cued and not PUBLIC.search(text):
        yield from (match.span() for match in LANDLINE.finditer(numbers))
        yield from (match.span() for match in NEAR.finditer(numbers))
    if BACKWARDS_CUE.search(text):
        yield from (match.span() for match in BACKWARDS.finditer(numbers))
    yield from (match.span() for match in TAIL_FIRST.finditer(numbers))
    if LEFT_OUT.search(text):
        yield from (match.span() for match in WITH_SIGNS.finditer(numbers))
    yield from _in_pieces(numbers, bool(cued) or len(IN_PIECES.findall(text)) > 1)


def qqs(numbers: str) -> Iterator[tuple[int, int]]:
    """[start, end) in ``numbers`` of the digits that somebody is added by."""
    if not ADD_CUE.search(numbers):
        return
    for match in QQ.finditer(numbers):
        if not _is_counted(numbers, match):
            yield match.span()


def _in_pieces(numbers: str, cued: bool) -> Iterator[tuple[int, int]]:
    """Eleven digits of a mobile in at most eleven pieces: with a cue, or each digit alone between other words."""
    pieces = list(itertools.islice(PIECE.finditer(numbers), 400))
    for first, piece in enumerate(pieces):
        if piece[0][0] != "1":
            continue
        digits, last = "", first
        for last, each in enumerate(pieces[first : first + 11], first):
            if last > first and not _may_lead_on(numbers[pieces[last - 1].end() : each.start()]):
                break
            digits += _digits(each[0])
            if len(digits) >= 11:
                break
        between = numbers[piece.end() : pieces[last].start()]
        alone = last - first >= 9 and between.strip() and _in_disorder(digits)
        lengths = [len(_digits(each[0])) for each in pieces[first : last + 1]]
        in_words = re.search("[千百]", numbers[piece.start() : pieces[last].end()])
        spoken = (len(between) < (14 if in_words else 9) or _close(pieces[first : last + 1])) and (
            lengths in ([3, 4, 4], [3, 4, 2, 2])
            or (bool(in_words) and lengths in ([7, 4], [3, 8], [3, 2, 2, 2, 2], [11]))
        )
        if (
            (last > first or in_words)
            and re.fullmatch(r"1[3-9]\d{9}", digits)
            and (cued or alone or spoken)
            and not SUM_CUE.search(numbers, max(0, piece.start() - 12), piece.start())
            and (cued or not SUM_CUE.search(numbers, pieces[last].end(), pieces[last].end() + 12))
        ):
            yield piece.start(), pieces[last].end()


def _close(pieces: "Sequence[re.Match[str]]") -> bool:
    """Whether between any two of them there are no more than three characters."""
    return all(after.start() - before.end() <= 3 for before, after in itertools.pairwise(pieces))


def _digits(piece: str) -> str:
    return re.sub(r"[千百]|十(?=\d)", "", piece).replace("十", "0")


def _may_lead_on(between: str) -> bool:
    return len(between) <= 14 and not PIECE_GAP.search(between)


def _in_disorder(digits: str) -> bool:
    return sum(one > two for one, two in itertools.pairwise(digits)) > 1


def _is_arithmetic(numbers: str, match: "re.Match[str]") -> bool:
    """Eleven digits that are a decimal, a list in order, dates, or a number somebody computes with."""
    found = numbers[match.start() : match.end()]
    parts = re.findall(r"\d+", found)
    if len(parts) == 2 and found[len(parts[0])] == "." and len(parts[0]) <= 2:
        return True
    values = [int(part) for part in parts]
    if len(values) >= 5 and all(one < two for one, two in itertools.pairwise(values)):
        return True
    around = numbers[max(0, match.start() - 24) : match.end() + 16]
    if PHONE_CUE.search(around) or LEFT_OUT.search(around):
        return False
    dates = re.search(r"1[89]\d\d[./-]\d", found) and len(parts) > 3
    after = numbers[match.end() : match.end() + 2]
    round_ = found.endswith("0000") or re.match(r"\.\d|[×÷+*/=^]", after)
    return bool(SUM_CUE.search(around) or dates or round_)


def _is_counted(numbers: str, match: "re.Match[str]") -> bool:
    """Beside a word that may mean anything; what is said to be a QQ number is one."""
    if match["number"] or match["halves"]:
        return False
    return bool(
        SUM_CUE.search(numbers, max(0, match.start() - 12), match.end() + 8) or _is_summed(numbers, match)
    )


def _is_summed(numbers: str, match: "re.Match[str]") -> bool:
    group = "other" if match["other"] else "before"
    start, end = match.span(group)
    beside = SUM_BEHIND.match(numbers, end) or SUM_BEFORE.search(numbers[max(0, start - 4) : start])
    if not beside or not SUM_WORD.search(match[0]):
        return False
    return not beside["said"] or len(re.findall(r"\d", match[group])) <= MOST_DIGITS
