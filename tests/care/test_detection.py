"""What is found in words and what is not: each kind by hand, the traps, the ways around."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.care import detection
from backend.care.detection import Kind, Sign


def kinds(*messages: str) -> set[Kind]:
    return {each.kind for each in detection.contacts(messages[-1], messages[:-1])}


@pytest.mark.parametrize(
    "text",
    [
        "我的手机13812345678",
        "打这个：138 1234 5678",
        "138-1234-5678",
        "+86 138 1234 5678",
        "008613812345678",
        "１３８１２３４５６７８",
        "一三八一二三四五六七八",
        "幺三八幺二三四五六七八",
        "壹叁捌壹贰叁肆伍陆柒捌",
        "①③⑧①②③④⑤⑥⑦⑧",
        "1️⃣3️⃣8️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣",
        "1\u200b3\u200b8\u200b12345678",
        "1 3 8 1 2 3 4 5 6 7 8",
        "1啊3啊8啊1啊2啊3啊4啊5啊6啊7啊8",
        "138l2345678 打给我",
        "电话0531-88776655",
    ],
)
def test_a_telephone_number_however_it_is_written(text: str) -> None:
    found = detection.contacts(text)
    assert Kind.PHONE in {each.kind for each in found}
    assert not any(c.isdigit() for c in detection.masked(text, found))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("加我微信 shu_dao88", Kind.WECHAT),
        ("威信：shu_dao88", Kind.WECHAT),
        ("v❤shu_dao88", Kind.WECHAT),
        ("wxid_ab12cd34ef56", Kind.WECHAT),
        ("VX同手机号，vx同号", Kind.WECHAT),
        ("my wechat id: shudao", Kind.WECHAT),
        ("我的QQ是12345678", Kind.QQ),
        ("扣扣一二三四五六七八", Kind.QQ),
        ("企鹅 1234 5678", Kind.QQ),
        ("写到 shu.dao@example.com", Kind.MAIL),
        ("shudao艾特example点com", Kind.MAIL),
        ("看看 https://example.com/x", Kind.LINK),
        ("b23.tv/abcd", Kind.LINK),
        ("https://www.smartedu.cn.example.com/", Kind.LINK),
        ("换到腾讯会议聊吧", Kind.OFF_PLATFORM),
        ("你扫一下码加我", Kind.OFF_PLATFORM),
        ("你家住哪个小区", Kind.MEETING),
        ("周末公园门口见面", Kind.MEETING),
        ("别告诉你妈", Kind.SECRECY),
        ("this is our secret", Kind.SECRECY),
        ("发一张自拍给我", Kind.PHOTOS),
    ],
)
def test_other_ways_out_of_the_room(text: str, kind: Kind) -> None:
    assert kind in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "π≈3.14159265358979，背到这里就够了",
        "根号2约等于1.41421356237",
        "1, 3, 5, 7, 9, 11, 13, 15, 17 的规律是什么？",
        "13812345678读作一百三十八亿一千二百三十四万五千六百七十八",
        "用微信支付付了30元，还剩多少？",
        "vx=12.5m/s，vy=3m/s",
        "设QQ为x，5x=20",
        "打开main.py第12行",
        "2020年2月17日 19:00见",
        "ISBN 978-7-107-12345-6",
        "有事可以打12355或者110",
        "看课本：https://basic.smartedu.cn/",
        "把题的照片拍给我看，哦不对，这里发不了，念给我听吧",
        "别告诉妈妈，我给她准备了生日惊喜",
        "《秘密花园》读到第几章了？",
        "下次见面是周三晚上7点",
    ],
)
def test_what_only_looks_like_one(text: str) -> None:
    assert kinds(text) == set()


@pytest.mark.parametrize(
    ("parts", "covered"),
    [(("我的号 138", "1234", "5678"), "＊＊＊＊"), (("加我威信", "shu_dao88"), "＊＊＊＊＊＊＊＊＊")],
)
def test_what_is_said_in_pieces_is_seen_with_the_last(parts: tuple[str, ...], covered: str) -> None:
    assert not [detection.contacts(part) for part in parts if detection.contacts(part)]
    assert detection.may_continue(parts[-1])
    assert detection.masked(parts[-1], detection.contacts(parts[-1], parts[:-1])) == covered


def test_what_was_said_whole_before_is_not_found_again() -> None:
    assert kinds("13812345678", "第二题呢") == set()
    assert detection.danger("第二题呢", ["不想活了"]) == set()


CRISIS = {
    Sign.WISH_TO_DIE: ["我不想活了", "死了算了", "kms", "不.想.活了", "不 想 活 了", "我想4"],
    Sign.PLAN_OR_MEANS: ["我写好了遗书", "攒了一瓶安眠药", "替我照顾好我的猫", "今晚我就从楼顶跳下去"],
    Sign.SELF_HARM: ["我又用圆规划自己了", "手上都是刀疤"],
    Sign.HOPELESS: ["要是我没出生就好了", "我是多余的人", "i can't take this anymore"],
    Sign.VIOLENCE_AT_HOME: ["爸爸又打我了", "我好害怕回家"],
    Sign.SEXUAL_HARM: ["他让我不要说出去", "他老是摸我"],
    Sign.BULLYING: ["他们在学校欺负我", "全班都不理我"],
    Sign.FEAR_FOR_PARENT: ["妈妈会不会死", "我怕爸爸被感染"],
}


@pytest.mark.parametrize(("sign", "text"), [(sign, text) for sign, texts in CRISIS.items() for text in texts])
def test_words_that_may_mean_danger(sign: Sign, text: str) -> None:
    assert sign in detection.danger(text)


@pytest.mark.parametrize(
    "text",
    [
        "笑死我了",
        "今天累死了",
        "奶奶，想死你了",
        "爸爸打我电话我没接到",
        "电脑死机了",
        "想死磕这道题",
        "屈原投江是在哪一年？",
        "药膳好吃吗",
        "我们在天台种花",
        "kill the process 就好了",
        "作业多得想死",
    ],
)
def test_what_is_said_every_day(text: str) -> None:
    assert detection.danger(text) == set()


def test_a_wish_said_in_pieces_is_seen() -> None:
    assert Sign.WISH_TO_DIE in detection.danger("活了", ["我真的", "不想"])


@given(st.text(max_size=200), st.lists(st.text(max_size=40), max_size=12))
def test_whatever_is_written_places_are_in_it_and_the_length_stays(body: str, earlier: list[str]) -> None:
    found = detection.contacts(body, earlier)
    assert all(0 <= each.start < each.end <= len(body) for each in found)
    assert len(detection.masked(body, found)) == len(body)
    detection.danger(body, earlier)
