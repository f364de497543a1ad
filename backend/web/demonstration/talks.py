"""What the invented people say to each other. {child}, {teacher} and {carer} are put in when it is said."""

from dataclasses import dataclass, replace
from datetime import timedelta

from chat.protocol import Side

M, C = Side.MENTOR, Side.CHILD


@dataclass(frozen=True, slots=True)
class Talk:
    """Time together. lines: who says what, spread evenly; or half on arrival and half at the end.

    child_comes, mentor_comes: False for a meeting that one of the two missed.  mood: wellbeing only.
    """

    lines: tuple[tuple[Side, str], ...]
    minutes: int = 28
    summary: str = ""
    mood: int | None = None
    child_late: int = 2
    child_comes: bool = True
    mentor_comes: bool = True
    spread: bool = True

    def said(self) -> list[tuple[timedelta, Side, str]]:
        """The lines, each with its time after the beginning."""
        arrived, over = timedelta(minutes=self.child_late), timedelta(minutes=self.minutes)
        half = len(self.lines) // 2
        if not self.spread:
            return [(arrived if n < half else over, *line) for n, line in enumerate(self.lines)]
        first, last = arrived + timedelta(seconds=15), over - timedelta(seconds=20)
        step = (last - first) / max(1, len(self.lines) - 1)
        return [
            (timedelta(seconds=(first + n * step).seconds), side, text)
            for n, (side, text) in enumerate(self.lines)
        ]


FRACTIONS = Talk(
    (
        (M, "{child}，晚上好！今天过得怎么样？"),
        (C, "老师好，还行，就是数学作业有两道不会"),
        (M, "没关系，我们一道一道来。是哪一种题？"),
        (C, "分数加法，1/2 + 1/3，我算出来是 2/5"),
        (M, "谢谢你把自己的答案告诉我，这样我就知道你是怎么想的了。你是上面加上面、下面加下面，对吗？"),
        (C, "对"),
        (M, "我们先不算。一块饼，你吃了半块，又吃了三分之一块，是比半块多还是比半块少？"),
        (C, "肯定比半块多啊"),
        (M, "那 2/5 比一半多还是少？"),
        (C, "一半是 2.5/5……2/5 比一半还少？"),
        (C, "那我算错了😂"),
        (M, "你自己发现的，真好。为什么不能直接加呢？想想两块饼切得一样大吗？"),
        (C, "不一样，一个切 2 份一个切 3 份"),
        (M, "所以要先切成一样大的。切成几份，2 和 3 都满意？"),
        (C, "6 份！"),
        (M, "好，那 1/2 是几个 1/6？1/3 呢？"),
        (C, "3 个，还有 2 个"),
        (C, "加起来 5 个，就是 5/6"),
        (M, "对了。比一半多，也比一整块少，是不是和你猜的一样？"),
        (C, "嗯！原来要先猜一下大概是多少"),
        (M, "这一招以后都管用。再试一道：3/4 + 1/6。"),
        (C, "4 和 6……24 份？"),
        (M, "24 可以。有没有再小一点的？"),
        (C, "12！9/12 + 2/12 = 11/12"),
        (M, "漂亮。今天就到这里，下次我们看减法，顺便讲讲你上回说的那道应用题。"),
        (C, "好，谢谢老师，老师再见"),
        (M, "再见，早点休息。"),
    ),
    minutes=29,
    summary="今天一起弄明白了异分母分数加法：先估一估大概是多少，再通分。{child}自己发现了错在哪里，后面两道都做对了。下次看减法和一道应用题。",
)

MISSING_MUM = Talk(
    (
        (M, "{child}，你好呀，我是{teacher}。今天想聊什么都可以，不想说话也可以。"),
        (C, "老师好"),
        (C, "我昨天晚上睡不着"),
        (M, "睡不着挺难受的。躺着的时候，脑子里在想什么呢？"),
        (C, "想妈妈。她去医院以后一直没回来"),
        (M, "想妈妈，这太正常了，换了谁都会想的。"),
        (C, "{carer}说妈妈很忙，让我别老打电话"),
        (M, "忙和不想你是两回事。妈妈上次跟你说话，是什么时候？"),
        (C, "前天，视频了五分钟，她脸上有口罩压的印子"),
        (M, "口罩戴了一整天才会这样。你看到的时候，心里是什么感觉？"),
        (C, "有点心疼，又觉得她很厉害"),
        (M, "心疼和骄傲可以同时在心里。你愿意的话，可以把这句话告诉妈妈，她听了会很暖和。"),
        (C, "我不好意思说"),
        (M, "那写下来也行。写在纸上，拍不拍给她，由你决定。"),
        (C, "嗯，我想画一张画"),
        (M, "好主意。那晚上睡不着的时候，我们想个小办法？"),
        (C, "什么办法"),
        (M, "闭上眼睛，慢慢吸气数到四，再慢慢呼气数到六，像在吹一碗很烫的汤。做五次。"),
        (C, "我试了一下，有点好笑"),
        (M, "好笑也没关系，好笑的时候人就松下来了。"),
        (C, "那我今天晚上试试"),
        (M, "好。试了没用也不是你的错，下次告诉我，我们再想别的办法。"),
        (C, "谢谢老师"),
        (M, "谢谢你愿意告诉我。下次见，{child}。"),
    ),
    minutes=27,
    summary="{child}说起想妈妈、前几天睡得不太好。我们练了一个慢慢呼气的小办法，{child}打算给妈妈画一张画。",
    mood=3,
)

GETTING_TO_KNOW = Talk(
    (
        (M, "{child}，你好！我是{teacher}，以后每周这个时间我都在。"),
        (C, "老师好，原来的老师去哪儿了？"),
        (M, "她去医院的热线帮忙了，走之前特意跟我说起你，说你画画很好。"),
        (C, "真的吗"),
        (M, "真的。那张给妈妈的画，后来画了吗？"),
        (C, "画了！画的是妈妈穿着防护服，像大白熊"),
        (M, "大白熊，我都想看看了。妈妈看到了吗？"),
        (C, "看到了，她说贴在休息室墙上了"),
        (M, "那每个累了的人进去，都能看到你的大白熊。"),
        (C, "嘿嘿"),
        (M, "最近睡得好些了吗？"),
        (C, "好一点，吹汤的办法有用，就是有时候数着数着忘了数到几"),
        (M, "忘了数到几，多半就是快睡着了，这是好事。"),
        (C, "哈哈"),
        (M, "这几天有没有什么开心的事？小的也算。"),
        (C, "{carer}教我包饺子，我包的站不住，{carer}的都站着"),
        (M, "站不住的饺子一样好吃。你还想学什么？"),
        (C, "想学做西红柿炒鸡蛋，等妈妈回来做给她吃"),
        (M, "这个愿望真好。妈妈回来那天，一定很香。"),
        (C, "嗯嗯"),
        (M, "时间快到了，下次你想聊什么，都留给你定。"),
        (C, "好，老师再见！"),
    ),
    minutes=25,
    summary="和{child}第一次见面，聊得很放松。给妈妈的画画好了，睡得比前些天好。{child}想学做西红柿炒鸡蛋，等妈妈回来。",
    mood=4,
    child_late=1,
)

NOBODY_CAME = Talk(
    (
        (M, "{child}，老师到了，不着急，慢慢来。"),
        (M, "今天可能不方便，没关系。老师晚一点给家里打个电话，我们另外找时间。"),
    ),
    minutes=14,
    child_comes=False,
)

BY_PHONE = "{carer}的手机没电了，没能上线，所以打了家里的座机。{child}把减法的两道题念给我听，都做对了。下次照常在这里见。"

POEM = (
    (C, "老师，语文老师让我们写小诗，我写了一首，能给你看看吗"),
    (C, "《口罩》\n妈妈的口罩是白色的云，\n遮住了她的笑。\n可是我知道，\n云的后面，\n太阳一直在。"),
)
POEM_ANSWER = (
    (M, "刚下课看到。“云的后面，太阳一直在”，老师读了三遍，真好。"),
    (M, "一个字都不用改。愿意的话，念给妈妈听听。"),
)
FAREWELL = "{child}，老师下周起要去医院的心理热线值班，时间排不开了，会有一位新老师每周陪你。谢谢你跟我说那么多心里话，老师会记得你的。"
WELCOME = "{child}你好，我是{teacher}，接下来由我每周和你见面。时间写在首页上，期待见到你。"
HELD = "{child}，要是临时来不了，让{carer}直接打老师电话就行：{phone}。"
WAITING = "{child}，我是{teacher}。今天要讲的我准备好了。不着急，你准备好了就在这里告诉我。"

TEENAGER_LEARNING = Talk(
    (
        (M, "晚上好，{child}。上次说的那套卷子做了吗？"),
        (C, "做了，前面还行，最后一道没思路"),
        (M, "先说说你试过什么，没做出来的也算。"),
        (C, "我把条件都列出来了，然后不知道先用哪个"),
        (M, "列出来就成了一半。看看哪个条件你还一次都没用过？"),
        (C, "……第三个。等一下"),
        (C, "如果先用第三个，前两个就能连起来？"),
        (M, "你往下写写看，我等着。"),
        (C, "出来了。居然就这么简单"),
        (M, "不简单，是你把它变简单的。以后卡住了就问自己：还有哪个条件没用？"),
        (C, "记下了"),
        (M, "离考试还有一阵子，不用每天都做到很晚。今天就到这儿。"),
        (C, "好，谢谢老师"),
    ),
    minutes=31,
    summary="讲了一套卷子的最后一题，{child}自己找到了突破口。提醒不用熬夜，下次看错题本里的两类题。",
)

TEENAGER_WELLBEING = Talk(
    (
        (M, "{child}，这周怎么样？"),
        (C, "一般。在家待久了，有点烦"),
        (M, "烦的时候一般在做什么？"),
        (C, "刷手机，刷完更烦"),
        (M, "这个很多人都有。你有没有发现，做什么的时候会忘了烦？"),
        (C, "弹吉他吧，不过怕吵到楼下"),
        (M, "那可以挑个不吵到人的时间，或者弹轻一点。一天二十分钟，就当给自己留的。"),
        (C, "行，我试试下午弹"),
        (C, "我爸昨天从隔离点打电话了，说他挺好，我也不知道该说啥"),
        (M, "不知道说啥的时候，可以弹一段给他听，什么都不用说。"),
        (C, "这个可以有"),
        (M, "下次告诉我，他听了是什么反应。"),
        (C, "好"),
    ),
    minutes=24,
    summary="{child}说在家久了有些烦，打算每天下午留二十分钟弹吉他，也想弹一段给爸爸听。",
    mood=3,
)

YOUNG_LEARNING = Talk(
    (
        (M, "{child}，你好！我是{teacher}。今天的作业本在手边吗？"),
        (C, "大人在旁边"),
        (M, "好，那请大人帮我们翻开本子。第一题你先试试看。"),
        (C, "等一下"),
        (M, "不急，我等你。"),
        (C, "我做完了"),
        (M, "好快！第二题呢？"),
        (C, "我不会"),
        (M, "不会没关系。我们把题目慢慢念一遍，你念一句，我念一句。"),
        (C, "我知道了"),
        (M, "你自己想出来的。再做一道就休息。"),
        (C, "我做完了"),
        (C, "我很开心"),
        (M, "老师也很开心。今天就到这里，下次见！"),
        (C, "再见"),
    ),
    minutes=21,
    summary="一起做了三道作业题。有一道{child}先说不会，把题目慢慢念了一遍，就自己想出来了。下次接着做。",
)

YOUNG_WELLBEING = Talk(
    (
        (M, "{child}，你好呀！我是{teacher}。今天想说话，还是想听故事？"),
        (C, "听故事"),
        (M, "从前有一只小刺猬，它一紧张就缩成一个球。你紧张的时候像什么？"),
        (C, "像小乌龟"),
        (M, "小乌龟的壳里面，是什么样子的？"),
        (C, "黑黑的 有一个枕头"),
        (M, "有枕头，那一定很软。小乌龟想出来的时候，谁在外面等它？"),
        (C, "{carer}"),
        (M, "有{carer}在，真好。下次再给你讲小刺猬过生日。"),
        (C, "我很开心"),
        (C, "再见"),
    ),
    minutes=17,
    summary="讲了小刺猬的故事，{child}说自己紧张的时候像小乌龟，壳里有一个枕头。今天很放松。",
    mood=4,
)

# By role: with the academic and with the wellbeing mentor.
OF_OTHERS = {
    "young": (YOUNG_LEARNING, YOUNG_WELLBEING),
    "teenager": (TEENAGER_LEARNING, TEENAGER_WELLBEING),
}

# For everybody else: a greeting and its answer, a goodbye and its answer, and a summary, drawn by chance.
GREETINGS = (
    ("{child}，晚上好，今天怎么样？", "老师好，挺好的"),
    ("{child}来啦，我们接着上次的。", "老师好！我准备好了"),
    ("你好呀{child}，先喝口水，不着急。", "好的老师"),
    ("{child}，这周有什么新鲜事？", "我学会做蛋炒饭了"),
)
GOODBYES = (
    ("今天就到这里，你很用心。", "谢谢老师，再见"),
    ("好，下次见，早点休息。", "老师再见"),
    ("说得真好，下周接着来。", "嗯，下周见"),
)
LEARNED = (
    "复习了这周的两个知识点，{child}听得很认真。下次看练习里的错题。",
    "一起做了三道题，第二道换了一种想法就通了。下次接着往后。",
    "读了一篇短文，{child}讲了自己的看法。下次试着写一段。",
    "把上周的错题又走了一遍，都会了。下次开始新的一节。",
)
TALKED = (
    "聊了聊这一周的生活，{child}状态平稳。",
    "{child}说了几件开心的小事，也说了一点想念，我们一起想了个小办法。",
    "今天说的不多，安安静静待了一会儿，也很好。",
    "一起做了放松的小练习，{child}说晚上会再试试。",
)
CHANCES_MISSED = (("child_comes", 0.025), ("mentor_comes", 0.01))


def everyday(draw: float, *, academic: bool) -> Talk:
    """A short talk for a number drawn from 0 up to 1; a few of them are missed by one of the two."""
    missed = 0.0
    for who, chance in CHANCES_MISSED:
        missed += chance
        if draw < missed:
            alone = Talk((), minutes=12)
            return (
                replace(alone, child_comes=False)
                if who == "child_comes"
                else replace(alone, mentor_comes=False)
            )
    pick = round(draw * 10**6)
    hello, bye = GREETINGS[pick % len(GREETINGS)], GOODBYES[pick // 7 % len(GOODBYES)]
    summaries = LEARNED if academic else TALKED
    return Talk(
        ((M, hello[0]), (C, hello[1]), (M, bye[0]), (C, bye[1])),
        minutes=22 + pick % 2 * 2,
        summary=summaries[pick // 11 % len(summaries)],
        child_late=pick // 3 % 2 * 2,
        spread=False,
    )
