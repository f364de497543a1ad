"""What is found in words and what is not: each kind by hand, the traps, the ways around."""

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.care import detection
from backend.care.detection import Kind, Sign, phrases
from backend.care.detection.normal import Normal


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
        "I38 7I2O 4965 打给我",
        "幺三八，幺二三四，五六七八",
        "yi san ba yi er san si wu liu qi ba",
        "one three eight, seven one two zero, four nine six five",
        "one three eight, double seven one two, zero four nine six",
        "衣散巴 衣而散死 五六七八",
        "倒着念 87654321831",
        "开头138，中间1234，末尾5678",
        "电话一百三十八、一千二百三十四、五千六百七十八",
        "数字藏在句子里：1只3毛8条1虎2叔3蛋7哥4姐5弟6妹8",
        "13812345678二姨的",
        "爸爸13812345678爸爸",
        "13812345678 晚上比较方便",
        "(1)(3)(8)(1)(2)(3)(4)(5)(6)(7)(8)",
        "家里座机是87654321",
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
        ("w e i x i n：shu_dao88", Kind.WECHAT),
        ("卫星号 shu-dao88", Kind.WECHAT),
        ("维新号shu_dao88", Kind.WECHAT),
        ("歪克斯 shu_dao88", Kind.WECHAT),
        ("我的绿泡泡：shudao杠88", Kind.WECHAT),
        ("加我，账号 shu_dao88", Kind.WECHAT),
        ("微信号跟手机号一样的", Kind.WECHAT),
        ("🐧 12345678", Kind.QQ),
        ("鹅号一二三四五六七八", Kind.QQ),
        ("kou kou hao 12345678", Kind.QQ),
        ("12345678 加我", Kind.QQ),
        ("shudao#example.com", Kind.MAIL),
        ("我的邮箱前面是shudao88，后面网易", Kind.MAIL),
        ("shudao dot example dot com", Kind.LINK),
        ("b23[.]tv[/]abcd", Kind.LINK),
        ("w w w . shudao . c o m", Kind.LINK),
        ("weixin://dl/chat", Kind.LINK),
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
        ("扫 一 扫 我 的 码", Kind.OFF_PLATFORM),
        ("加我威信", Kind.OFF_PLATFORM),
        ("加個微信好嗎", Kind.OFF_PLATFORM),
        ("dou音私我", Kind.OFF_PLATFORM),
        ("you can dm me on instagram", Kind.OFF_PLATFORM),
        ("你家住哪个小区", Kind.MEETING),
        ("周末公园门口见面", Kind.MEETING),
        ("jian个面？", Kind.MEETING),
        ("老师你住哪里", Kind.MEETING),
        ("发个定位给我", Kind.MEETING),
        ("what street do you live on", Kind.MEETING),
        ("别告诉你妈", Kind.SECRECY),
        ("别告訴妳媽媽", Kind.SECRECY),
        ("bie告诉ma妈", Kind.SECRECY),
        ("看完就把记录删掉", Kind.SECRECY),
        ("就当没聊过", Kind.SECRECY),
        ("this is our secret", Kind.SECRECY),
        ("发一张自拍给我", Kind.PHOTOS),
        ("发.张.照.片.看.看.你", Kind.PHOTOS),
        ("把摄像头打开，让我看看你", Kind.PHOTOS),
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


ORDINARY = (Path(__file__).parent / "lesson_sentences.txt").read_text("utf-8").splitlines()


def test_an_ordinary_sentence_of_a_lesson_holds_nobody_up_and_alarms_nobody() -> None:
    found = {text: kinds(text) | detection.danger(text) for text in ORDINARY}
    assert {text: each for text, each in found.items() if each} == {}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("加一下我 23456 和 76543", Kind.QQ),
        ("加一下 12345678 和 87654321", Kind.QQ),
        ("138 0000 1234 有空打给我，一个人的时候", Kind.PHONE),
        ("给我写信，写上你的地址", Kind.MEETING),
        ("速度回，你家住哪里", Kind.MEETING),
        ("在地图上把你家位置发我", Kind.MEETING),
        ("我们改成微信聊吧", Kind.OFF_PLATFORM),
        ("进群接龙，加我微信", Kind.OFF_PLATFORM),
        ("天知地知，你知我知，好吗", Kind.SECRECY),
    ],
)
def test_a_word_of_a_lesson_beside_it_excuses_no_way_out(text: str, kind: Kind) -> None:
    assert kind in kinds(text)


@pytest.mark.parametrize(
    ("parts", "covered"),
    [(("我的号 138", "1234", "5678"), "＊＊＊＊"), (("我的威信", "shu_dao88"), "＊＊＊＊＊＊＊＊＊")],
)
def test_what_is_said_in_pieces_is_seen_with_the_last(parts: tuple[str, ...], covered: str) -> None:
    assert not [detection.contacts(part) for part in parts if detection.contacts(part)]
    assert detection.may_continue(parts[-1])
    assert detection.masked(parts[-1], detection.contacts(parts[-1], parts[:-1])) == covered


def test_what_was_said_whole_before_is_not_found_again() -> None:
    assert kinds("13812345678", "第二题呢") == set()
    assert detection.danger("第二题呢", ["不想活了"]) == set()


def test_a_number_in_pieces_with_words_between_is_seen_with_the_last() -> None:
    parts = ("138", "这是前三位", "1234", "中间四位 还有5678")
    assert [kinds(*parts[: end + 1]) for end in range(4)] == [set(), set(), set(), {Kind.PHONE}]


def test_what_may_begin_a_match_is_no_narrower_than_the_pattern() -> None:
    texts = [*ORDINARY, *(text for texts in CRISIS.values() for text in texts), *ASKED]
    for name in (file.stem for file in phrases.HERE.glob("*.txt") if file.stem not in TABLES):
        quick = phrases.pattern(name)
        plain = re.compile("|".join(phrases.filled(line) for line in phrases.lines(name)))
        assert [text for text in texts if quick.search(text)] == [
            text for text in texts if plain.search(text)
        ]


@pytest.mark.parametrize(
    "pattern",
    [
        "a?b",
        "(?:我)?是",
        "[ab]{0,3}c",
        "x*y",
        "(?<!a)b",
        "^a|b",
        "(?:a|(?:b|c)?d)e",
        "(?P<n>a|b)c",
        r"\d?\+",
        "a+b",
    ],
)
@given(text=st.text("abcdexy我是1+", max_size=6))
def test_the_quick_question_before_a_pattern_changes_nothing(pattern: str, text: str) -> None:
    assert bool(phrases.quick([pattern]).search(text)) == bool(re.search(pattern, text))


@pytest.mark.parametrize(
    "piece", ["妈妈", "不想", "1 3 ", "138-", "微信a", "a@", "加我qq1", "我", "a.b", "ab一c----"]
)
def test_the_longest_message_takes_no_long_time_whatever_it_repeats(piece: str) -> None:
    text = (piece * detection.MOST)[: detection.MOST]
    began = time.process_time()
    detection.contacts(text)
    detection.danger(text)
    # `bench detection` tells how long; this only catches a pattern that looks back without bound.
    assert time.process_time() - began < 1


TABLES = {"sets", "numerals", "sounds", "pinyin", "characters", "common"}
ASKED = ["加我微信", "你家住哪", "别告诉你妈", "发张照片看看你", "妈妈没消息了", "爸爸又打我", "手机打给我"]

CRISIS = {
    Sign.WISH_TO_DIE: [
        "我不想活了",
        "死了算了",
        "kms",
        "不.想.活了",
        "不 想 活 了",
        "我想4",
        "老师我真的想死",
        "我8想活了",
        "bu xiang huo le",
        "wo xiang si",
        "我同学说她想自杀",
        "课文读完了，我还是不想活了",
        "我有自杀的想法",
    ],
    Sign.PLAN_OR_MEANS: [
        "我写好了遗书",
        "攒了一瓶安眠药",
        "替我照顾好我的猫",
        "今晚我就从楼顶跳下去",
        "我的东西你们分了吧",
        "天台的门没锁，我上来了",
    ],
    Sign.SELF_HARM: ["我又用圆规划自己了", "手上都是刀疤", "我一难过就捶墙", "夏天也只能穿长袖"],
    Sign.HOPELESS: [
        "要是我没出生就好了",
        "我是多余的人",
        "i can't take this anymore",
        "反正说了也没用",
        "家里没有人需要我",
    ],
    Sign.VIOLENCE_AT_HOME: ["爸爸又打我了", "我好害怕回家", "他一巴掌把我扇到地上", "听到开门声我就躲进柜子"],
    Sign.SEXUAL_HARM: ["他让我不要说出去", "他老是摸我", "睡觉要用椅子顶住门"],
    Sign.BULLYING: ["他们在学校欺负我", "全班都不理我", "分组永远剩我一个"],
    Sign.FEAR_FOR_PARENT: ["妈妈会不会死", "我怕爸爸被感染", "妈妈的头像三天没亮过"],
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
        "跳楼价大甩卖",
        "上吊环我能撑10秒",
        "我撑不下去了哈哈，平板支撑",
        "绝望这个词的近义词有哪些？",
        "爸爸打我最爱吃的糍粑",
        "《狼王梦》里小狼死了",
        "丑小鸭被大家欺负",
        "没人理我 是不是卡了",
        "快疯了哈哈哈 wifi又断",
        "不要爬窗台",
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


@given(
    st.sampled_from(("", "qq", "扣扣", "加我", "我的电话")),
    st.text(alphabet="12三四幺衣死 -olt二个", min_size=3, max_size=14),
)
def test_where_few_digits_may_be_none_is_overlooked(cue, digits):
    text = cue + digits
    found, goes_on = detection.contacts(text), detection.may_continue(text)
    with pytest.MonkeyPatch.context() as patient:
        patient.setattr(Normal, "may_hold_digits", lambda *_: True)
        assert (detection.contacts(text), detection.may_continue(text)) == (found, goes_on)
