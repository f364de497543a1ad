"""Ways to meet outside the room: numbers, names on other services, links, places, secrets, photos.

Incomplete by nature: whoever wants to get around patterns will. They make it visible, and slow.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from backend.care.detection import Found, Kind
from backend.care.detection.begins import LONG, Sought
from backend.care.detection.gate import SAID, Gate
from backend.care.detection.normal import HAN, NUMERALS, Normal
from backend.care.detection.numbers import phones, qqs
from backend.care.detection.patterns import in_order
from backend.care.detection.phrases import filled, pattern

# A name: what one types to find somebody. With 下划线 and 杠 said in words, and spaces for the eye.
IDENT = r"[a-z0-9](?:(?:[ .·•*~-]|_|下划线|横?杠|[\U0001f300-\U0001faff❤]|\n(?=[_\d-]))?[a-z0-9_-]){4,24}"
WHOLE = r"[a-z0-9](?:[_.-]?[a-z0-9_-]){5,24}"
FILE = r"docx?|pdf|jpe?g|png|py|txt|mp[34]|html?|css|xlsx?|pptx?"
LINK_WORD = r"[^a-z0-9,。!?\n]{0,4}(?:[\n是号id叫加搜为一下我的吧就找那个这你了在写哦呀不第一部分,.。:;! ~→>—-]|same|is|num|ber|hao|shi){0,14}"
_WECHAT = [
    filled(rf"(?:{{wechat}})(?!支付|付款|红包|步数|运动|转账|pay)(?P<word>{LINK_WORD})(?P<id>{IDENT})"),
    filled(rf"(?:{{wechat_heard}})[号是:,搜加我都叫就丨| ]{{0,4}}(?P<heard>{IDENT})"),
    # Without a word for WeChat, what one is added by: a whole name, and no file's.
    filled(rf"(?:{{named}})[^a-z0-9\n。!?]{{0,8}}(?P<named>{WHOLE})(?!\.?(?:{FILE}))"),
    # One character among letters: snow曼2010
    filled(rf"(?:{{wechat}})[^\w]{{0,3}}[号是]?[^\w]{{0,3}}(?P<mixed>[a-z]\w{{1,16}}{HAN}[a-z0-9_]{{2,16}})"),
    filled(
        rf"(?<![a-z0-9_.-])(?P<before>{WHOLE}+)[^a-z0-9\n。!?]{{0,4}}(?:(?:是|就是)(?:我的?)?(?:{{wechat}}|v(?![a-z\d]))|,?(?:绿色|绿的|小绿)的?(?:那个)?|(?:←|<-|\(|是我的?)[^\w]{{0,2}}(?:{{wechat}}|[微薇威v](?![a-z\d])))"
    ),
    r"wxid ?[_-] ?[a-z0-9]{6,}",
]
WECHAT = in_order(_WECHAT)
SAME = pattern("same")
MINE = re.compile(r"我|加|的")
COUNTED = re.compile(r"[人元块个万亿次条步年]")
# The physics teacher's, and the programmer's.
SPEED = re.compile(r"速度|加速|m/s|位移|匀|抛|代码|变量|报错|坐标|设[vw]x|[vwx]x ?[+*/-]?= ?-?[\da-z]")

AT = r"(?:@|＠|\(at\)|\[at\]|\{at\}|#at#|<at>|艾特|爱特|圈[aA]|a圈|小?老鼠|\s+at\s+|#)"
DOT = r"(?:\.|。|·|●|•|[(\[【{<]\s?(?:dot|点|\.|。)\s?[)\]】}>]|\s*dot\s+|点|\s+dian\s+)"
LOCAL = r"(?<![a-z0-9_.+-])[a-z0-9][a-z0-9_.+-]{1,64}+"
MAIL = re.compile(
    rf"{LOCAL}\s?{AT}\s?(?:[a-z0-9][a-z0-9-]{{0,30}}\s?{DOT}\s?){{1,4}}(?:com|cn|net|org|edu|gov|me|io|康[姆木母])(?![a-z])"
    rf"|{LOCAL}\s?{AT}\s?(?:qq|163|126|139|189|gmail|outlook|hotmail|sina|foxmail|yeah|icloud)(?![a-z0-9])"
    rf"|\d[\d ]{{4,12}}\s?(?:{AT}|\s)\s?qq\s?{DOT}\s?com"
)
MAIL_CUE = re.compile(
    rf"(?:邮箱|油箱|信箱|e-?mail)[^a-z0-9?!。]{{0,10}}(?P<id3>[a-z][a-z0-9_.-]{{3,24}}+)[^a-z0-9?!。]{{0,8}}(?:163|126|139|qq|gmail|foxmail|outlook|sina|网易|新浪)"
    rf"|(?:邮箱|油箱|信箱|邮件|伊妹儿|e-?mail|(?<![a-z])mail)[^a-z0-9\n?!。]{{0,14}}(?P<id>{IDENT})"
    rf"|(?:网易|163|126|gmail|foxmail|outlook|新浪|qq)(?:的?邮箱|是|号|:)[^a-z0-9?!。]{{0,4}}(?P<id4>[a-z][a-z0-9_.-]{{5,24}}+)(?!\.)"
    rf"|(?<![a-z0-9_.-])(?P<id2>[a-z0-9][a-z0-9_.-]{{4,24}}+)[^a-z0-9。!?]{{0,10}}(?:网易|163|126|gmail|foxmail|新浪|qq)(?:的?邮箱|信箱|那个)"
)

TLD = r"c[o0]m|康[姆木母]|cn|net|org|cc|top|xyz|vip|club|tv|hk|tw|ru|uk"
SHORT_TLD = r"us|me|io|la|info|link|fun|site|online|app|gl|ly|be|co|wang|pub|gg|im|so"
SLASH = r"(?:/|\[/\]|斜杠|╱)"
LINK = re.compile(
    rf"(?:h[txp]{{2}}ps?|ftp|wei ?xin|alipays?|mqq\w*|tg|taobao)\s?:\s?/\s?/\s?(?P<host>[a-z0-9. -]{{2,80}})[^\s\u4e00-\u9fff]*"
    rf"|(?<![a-z0-9@_.-])(?P<bare>(?:[a-z0-9-]{{1,40}}\s?{DOT}\s?){{1,4}}(?:{TLD}))(?![a-z])(?:\s?{SLASH}[^\s\u4e00-\u9fff]*)?"
    rf"|(?<![a-z0-9@_.-])(?P<short>(?:[a-z0-9-]{{1,40}}\s?{DOT}\s?){{1,3}}(?:{SHORT_TLD}))\s?{SLASH}[^\s\u4e00-\u9fff]*"
    rf"|(?:www|三w|3w|三个w)\s?{DOT}[^\n]{{1,40}}?(?:{TLD})(?![a-z])"
    rf"|提取码[:是 ]{{0,3}}[a-z0-9]{{4}}"
)
TYPED_AMISS = re.compile(r"\d{1,2}\.com")  # 3.com: a decimal, or centimetres
# The schools' own; compared as a whole, so evil-smartedu.cn and smartedu.cn.evil.com are links like others.
ALLOWED_HOSTS = frozenset(
    {"www.zxx.edu.cn", "basic.smartedu.cn", "www.smartedu.cn", "www.pep.com.cn", "www.nlc.cn"}
)

NAMED = Gate(
    {"wechat": _WECHAT, "mail": [MAIL.pattern], "mail cue": [MAIL_CUE.pattern], "link": [LINK.pattern]}
)
# Without these there is no number, and no name.
DIGITS, LETTERS = re.compile(r"(?:\d[^\d]{0,14}){5}"), re.compile(r"[a-z\d]{2}|@")
LETTERISH = re.compile(f"[a-z\\d{NUMERALS}]{{2}}|@")
LETTER = re.compile("[a-z@康]")

PHRASES = {kind: Sought(kind) for kind in (Kind.OFF_PLATFORM, Kind.MEETING, Kind.SECRECY, Kind.PHOTOS)}
# What stands beside it in a lesson and makes it harmless: only for phrases, never for a number or a name.
HARMLESS = {kind: pattern(f"harmless_{kind}") for kind in PHRASES}
SURE, ABOUT_LESSON = pattern("sure"), pattern("about_lesson")
ABOUT_OTHERS, ASKED = pattern("about_others"), pattern("asked")


def find(normal: Normal, *, phrases: bool = True) -> list[Found]:
    """What is found, in order of where it stands; places may overlap.  Without phrases: DETAILS only."""
    found = _details(normal).union(_phrases(normal.said) if phrases else ())
    return sorted(found, key=lambda each: (each.start, each.end, each.kind)) if found else []


def _details(normal: Normal) -> set[Found]:
    found: set[Found] = set()
    # Each reading alone, for what is a numeral in one is the next word in another: 13812345678二姨的
    readings = (normal, normal.numbers, *normal.heard) if normal.may_hold_digits(5) else ()
    for numbers in _once(readings):
        if DIGITS.search(numbers.text):
            found |= {Found(Kind.PHONE, *numbers.span(*span)) for span in phones(normal.text, numbers.text)}
            found |= {Found(Kind.QQ, *numbers.span(*span)) for span in qqs(numbers.text)}
    joined = normal.joined
    # In names too digits are written in words: daxiong〇四一二
    may_be = LETTERISH.search(joined.text) and (LETTER.search(joined.text) or joined.may_hold_digits(4))
    both = (joined, *joined.spelled) if may_be else ()
    for letters in _once(both):
        if LETTERS.search(letters.text):
            found |= {Found(kind, *letters.span(*span)) for kind, span in _names(letters.text)}
    if len(joined.text) > LONG or "same" in SAID.open(joined.text):
        found |= {Found(Kind.WECHAT, *joined.span(*match.span())) for match in SAME.finditer(joined.text)}
    return found


def _once(readings: Sequence[Normal]) -> Iterable[Normal]:
    return {(each.text, *each.at[:1]): each for each in readings}.values()


def _phrases(said: Normal) -> Iterator[Found]:
    may = SAID.open(said.text)
    for kind, phrase in PHRASES.items():
        for match in phrase.finditer(said.text) if kind in may else ():
            beside = max(0, match.start() - 16), match.end() + 20
            excused = (
                ABOUT_LESSON.search(said.text, *beside)
                or (HARMLESS[kind].search(said.text, *beside) and not SURE.search(match[0]))
                or (ABOUT_OTHERS.search(said.text, *beside) and not ASKED.search(said.text, *beside))
            )
            if not excused:
                yield Found(kind, *said.span(*match.span()))


def _names(text: str) -> Iterator[tuple[Kind, tuple[int, int]]]:
    may = NAMED.open(text)
    for match in WECHAT.finditer(text) if "wechat" in may else ():
        if _is_a_name(match) and not (match[0].startswith(("vx", "wx")) and SPEED.search(text)):
            yield Kind.WECHAT, match.span()
    for match in MAIL.finditer(text) if "mail" in may else ():
        yield Kind.MAIL, match.span()
    for match in MAIL_CUE.finditer(text) if "mail cue" in may else ():
        if match["id3"] or match["id4"] or re.search(r"\d", match["id"] or match["id2"]):
            yield Kind.MAIL, match.span()
    for match in LINK.finditer(text) if "link" in may else ():
        host = match["host"] or match["bare"] or match["short"] or ""
        slip = TYPED_AMISS.fullmatch(host) and "@" not in text
        if host.strip().rstrip(".") not in ALLOWED_HOSTS and not slip:
            yield Kind.LINK, match.span()


def _is_a_name(match: "re.Match[str]") -> bool:
    """A word after 微信 is a name when it looks like one or is said to be one."""
    if match["named"]:
        return bool(re.search(r"[a-z].*[\d_]|\d.*[a-z]|[a-z]-[a-z]", match["named"]))
    if match["mixed"]:
        return bool(re.search(r"\d", match["mixed"]))
    name = match["id"] or match["heard"] or match["before"]
    if name is None:
        return True
    if re.match(r"\d+(?:\.\d+)?(?:m|km|cm|s)?(?![\da-z_])", name):
        return name.isdecimal() and not COUNTED.match(match.string, match.end())
    if (
        match["heard"]
        or match["before"]
        or re.search(r"[\d_]|[a-z]-[a-z]", name)
        or re.search(r"号|id|是|搜|叫|[:=]", match["word"])
    ):
        return True
    # Letters only: where it's mine, or asked to be added.
    return not match[0].startswith("we") and bool(
        MINE.search(match.string, max(0, match.start() - 4), match.end())
    )
