"""Ways to meet outside the room: numbers, names on other services, links, places, secrets, photos.

Incomplete by nature: whoever wants to get around patterns will. They make it visible, and slow.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from backend.care.detection.normal import Normal
from backend.care.detection.phrases import pattern


class Kind(StrEnum):
    PHONE = "phone"
    QQ = "qq"
    WECHAT = "wechat"
    MAIL = "mail"
    LINK = "link"
    OFF_PLATFORM = "off_platform"
    MEETING = "meeting"
    SECRECY = "secrecy"
    PHOTOS = "photos"


@dataclass(frozen=True, slots=True)
class Found:
    """[start, end) in the original text."""

    kind: Kind
    start: int
    end: int


# Nothing that counts or computes stands between the digits of a telephone number.
GAP = r"[^\w+×÷=()%:<>,;]{0,2}"
PHONE_CUE = re.compile(
    r"电话|手机|号码|打给|拨|加我|联系|短信|dianhua|shouji|call|phone|mobile|tel|ring me|text me"
)
SUM_CUE = re.compile(
    r"读作|写作|约等于|四舍五入|省略|[万亿]位|位数|改写|近似|人口|除以|乘以|平方|立方|千米|公里|光年|"
    r"学号|编号|单号|订单|准考证|isbn|条形?码|序列号|身份证|卡号|密码|sqrt|根号|黄金|圆周|小数|数字"
)
MOBILE = re.compile(
    rf"(?<![\d.])(?:\+?(?:00)?86{GAP})?1{GAP}[3-9](?:{GAP}[\dol]){{9}}(?!\d)"
    # The same thing between all digits, whatever it is: 1啊3啊8啊…
    rf"|(?<![\d.])1([^\d+×÷=]{{1,2}})[3-9](?:\1\d){{9}}(?!\d)"
    # With commas, where every digit stands alone.
    rf"|(?<![\d.])1(?:[,、，;] ?)[3-9](?:[,、，;] ?\d){{9}}(?!\d)"
)
LANDLINE = re.compile(r"(?<!\d)0\d{2,3}[- ]?[2-8]\d{6,7}(?!\d)")

NUMBER = rf"\d(?:{GAP}\d){{4,10}}"
QQ_CUE = r"(?<![a-z])qq(?!音乐|糖|农场|堂|飞车|弹)|扣扣|抠抠|叩叩|秋秋|球球|丘丘|企鹅|q号|扣号|蔻蔻|口口号"
QQ = re.compile(
    rf"(?:{QQ_CUE})[^\d]{{0,8}}(?P<number>{NUMBER})(?!\d)"
    rf"|(?:加我|加一下|加个|我的号|加好友|加q|\+q)[^\d.]{{0,6}}(?P<other>{NUMBER})(?!\d|[元块米个张页题])"
    rf"|(?<!\d)(?P<before>{NUMBER})(?!\d)[^\d]{{0,5}}(?:是|就是|这是)[^\d]{{0,3}}(?:{QQ_CUE})"
)

WECHAT_CUE = (
    r"微[^\w]{0,2}信|威[^\w]{0,2}信|薇[^\w]{0,2}信|维信|徽信|嶶信|[微薇威]芯|微x|薇x|v[^\w]{0,2}信|v心|v[❤♥]|绿泡泡|绿色软件|"
    r"(?<![a-z])(?:wx|vx|v ?x|wei ?xin|wechat|we chat|weixing?)(?![a-z])|卫星号|微号|v号|加[个我你一下]{0,2}[v微薇威](?![a-z])|[+➕][v微薇威]|(?<![a-z])v(?=[::])"
)
IDENT = r"[a-z0-9](?:[ .·•*~-]?[a-z0-9_-]){5,19}"
LINK_WORD = r"(?:[\n是号id叫加搜为一下我的吧,.。:= ~→>—-]|same|is|num|ber){0,10}"
WECHAT = re.compile(
    rf"(?:{WECHAT_CUE})(?!支付|付款|红包|步数|运动|转账|pay)(?P<word>{LINK_WORD})(?P<id>{IDENT})"
    r"|wxid_[a-z0-9]{6,}"
)
SAME = re.compile(
    rf"(?:{WECHAT_CUE})[^\w]{{0,2}}(?:和|跟|与)?(?:手机|电话|qq)?号?(?:是)?同号|(?:手机|电话|qq)号?[就也]?是?(?:我的?)?(?:{WECHAT_CUE})"
)

AT = r"(?:@|\(at\)|\[at\]|#at#|艾特|圈a|\s+at\s+)"
DOT = r"(?:\.|。|\(dot\)|\[dot\]|\s+dot\s+|点)"
MAIL = re.compile(
    rf"[a-z0-9][\w.+-]{{1,40}}\s?{AT}\s?[a-z0-9][a-z0-9-]{{0,30}}\s?{DOT}\s?(?:com|cn|net|org|edu|gov|me|io)(?![a-z])"
)

TLD = r"com|cn|net|org|cc|top|xyz|vip|club|tv|hk|tw"
SHORT_TLD = r"me|io|la|info|link|fun|site|online|app|gl|ly|be|co|wang|pub"
LINK = re.compile(
    rf"https?:\s?/\s?/\s?(?P<host>[a-z0-9.-]{{3,80}})[^\s\u4e00-\u9fff]*"
    rf"|(?<![\w@.-])(?P<bare>(?:[a-z0-9-]{{1,40}}\s?{DOT}\s?){{1,4}}(?:{TLD}))(?![a-z])(?:/[^\s\u4e00-\u9fff]*)?"
    rf"|(?<![\w@.-])(?P<short>(?:[a-z0-9-]{{1,40}}\.){{1,3}}(?:{SHORT_TLD}))/[^\s\u4e00-\u9fff]*"
)
# The schools' own; compared as a whole, so evil-smartedu.cn and smartedu.cn.evil.com are links like others.
ALLOWED_HOSTS = frozenset(
    {"www.zxx.edu.cn", "basic.smartedu.cn", "www.smartedu.cn", "www.pep.com.cn", "www.nlc.cn"}
)

OFF_PLATFORM, MEETING = pattern("off_platform"), pattern("meeting")
SECRECY, PHOTOS = pattern("secrecy"), pattern("photos")
# What children and teachers keep from somebody, and take pictures of, every day.
INNOCENT_SECRET = re.compile(r"惊喜|礼物|生日|母亲节|父亲节|教师节|贺卡|surprise|present|gift|花园|密码学")
HOMEWORK = re.compile(
    r"作业|题|试卷|卷子|作文|课本|笔记|练习|草稿|板书|错题|答案|解题|书上|过程|page|homework|worksheet|绿植|种的|手工|画的|实验"
)


def find(normal: Normal) -> list[Found]:
    """Everything found, in order of where it stands; places may overlap."""
    found = [Found(kind, *normal.span(*span)) for kind, span in _spans(normal) if span[1] > span[0]]
    return sorted(found, key=lambda each: (each.start, each.end))


def _spans(normal: Normal) -> Iterator[tuple[Kind, tuple[int, int]]]:
    text, numbers = normal.text, normal.numbers
    for match in MOBILE.finditer(numbers):
        if not _is_arithmetic(text, numbers, match):
            yield Kind.PHONE, match.span()
    if PHONE_CUE.search(text):
        yield from ((Kind.PHONE, match.span()) for match in LANDLINE.finditer(numbers))
    for match in QQ.finditer(numbers):
        yield Kind.QQ, match.span()
    for match in WECHAT.finditer(text):
        if _is_a_name(match):
            yield Kind.WECHAT, match.span()
    yield from ((Kind.WECHAT, match.span()) for match in SAME.finditer(text))
    yield from ((Kind.MAIL, match.span()) for match in MAIL.finditer(text))
    for match in LINK.finditer(text):
        host = match["host"] or match["bare"] or match["short"]
        if host.rstrip(".") not in ALLOWED_HOSTS:
            yield Kind.LINK, match.span()
    yield from ((Kind.OFF_PLATFORM, match.span()) for match in OFF_PLATFORM.finditer(text))
    yield from ((Kind.MEETING, match.span()) for match in MEETING.finditer(text))
    if not INNOCENT_SECRET.search(text):
        yield from ((Kind.SECRECY, match.span()) for match in SECRECY.finditer(text))
    for match in PHOTOS.finditer(text):
        if not HOMEWORK.search(text, max(0, match.start() - 10), match.end() + 10):
            yield Kind.PHOTOS, match.span()


def _is_arithmetic(text: str, numbers: str, match: "re.Match[str]") -> bool:
    """Eleven digits that are a decimal, a list in order, or a number somebody computes with."""
    parts = re.findall(r"\d+", numbers[match.start() : match.end()])
    if len(parts) == 2 and numbers[match.start() : match.end()][len(parts[0])] == "." and len(parts[0]) <= 2:
        return True
    values = [int(part) for part in parts]
    if len(values) >= 5 and all(one < two for one, two in itertools.pairwise(values)):
        return True
    around = text[max(0, match.start() - 24) : match.end() + 16]
    return bool(SUM_CUE.search(around)) and not PHONE_CUE.search(around)


def _is_a_name(match: "re.Match[str]") -> bool:
    """A word after 微信 is a name when it looks like one or is said to be one."""
    name = match["id"]
    if name is None:
        return True
    if re.match(r"\d+(?:\.\d+)?(?:m|km|cm|s)?(?![\da-z_])", name):
        return name.isdecimal()
    return bool(re.search(r"[\d_]", name) or re.search(r"号|id|是|搜|叫|[:=]", match["word"]))
