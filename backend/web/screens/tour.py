"""Which pages there are to see, role by role, and how one gets to each. Pure data.

A way is a path, or a path and then links to follow: the first link of the page whose path matches.
"""

import re
from dataclasses import dataclass


class NoWay(Exception):
    """A page has no link to where the tour goes on."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One page: its role's host and a name for files, the way there, and what it is in Chinese and English."""

    role: str
    name: str
    way: tuple[str, ...]
    zh: str
    en: str
    dark: bool = False  # pictured by lamplight too


# Headings of the index, in its order.
PARTS = {
    "child": ("孩子", "The child"),
    "young": ("低年级的孩子", "The small child"),
    "teenager": ("中学生", "The teenager"),
    "mentor": ("学业导师", "The academic mentor"),
    "counsellor": ("心理导师", "The wellbeing mentor"),
    "parent": ("家长", "The parent"),
    "carer": ("身边的大人", "The carer at home"),
    "coordinator": ("协调员", "The coordinator"),
    "evening": ("协调员的一晚", "A coordinator's evening"),
    "ill": ("出了状况", "When something happens"),
    "lead": ("安全负责人", "The safeguarding lead"),
    "localhost": ("门口", "The ways in"),
}

_TOUR = """
child | home * | / | 孩子的首页：两位老师，现在可以去哪儿 | Two teachers, and where to go now
child | room * | / > /rooms/N/ | 房间：谁能看到，写在最上面 | The room, and who can read it
child | readers | / > /rooms/N/ > /rooms/N/readers/ | 谁能看到这个房间 | Who can read the room
child | help | /help/ | 求助：电话和“我想找人说话” | Help: numbers to ring, and somebody to talk to
child | help-now | /help/now/ | 谁会来 | Who comes
child | help-report | /help/report/ | 有人对我做了不好的事 | Somebody did something bad to me
child | history | / > /children/N/history/ | 见过的面 | The meetings there were
child | stop | / > /children/N/stop/ | 不想参加了 | No longer wanting to
child | notices | /notices/ | 通知 | Notices
child | account | /account/ | 账号 | The account
child | help-stop | /help/stop/ | 在求助里说不想参加了 | No longer wanting to, said from Help
young | home | / | 低年级的首页：一句话，一个大按钮 | The first page of a small child
young | room * | / > /rooms/N/ | 点一点图就能说话，也能听 | Pictures to touch instead of typing, and a voice that reads
young | readers | / > /rooms/N/ > /rooms/N/readers/ | 谁能看到，用孩子的话说 | Who can read it, in a child's words
teenager | home | / | 中学生的首页 | The first page of a teenager
teenager | room | / > /rooms/N/ | 中学生的房间 | A teenager's room
mentor | today * | / | 今天：接下来见谁，谁在等 | Today: who comes next, and who waits
mentor | room | / > /rooms/N/ | 导师的房间 | The mentor's room
mentor | child | / > /my-children/N/ | 一个学生：几年级、什么时间、上次说到哪 | One child: grade, hours, where they left off
mentor | elsewhere | / > /my-children/N/ > /my-children/N/elsewhere/ | 在别处见过面 | A meeting that took place elsewhere
mentor | summary | / > /my-children/N/ > /sessions/N/summary/ | 小结：点两下就好 | A summary in two taps
mentor | meeting | / > /meetings/N/ | 换个时间 | Another time for a meeting
mentor | hours | /my-hours/ | 我的空闲时间：点一点，或者涂一涂 | My free hours, to tick or to paint
mentor | calendar | /my-calendar/ | 把见面放进日历，不含姓名 | Meetings in a calendar, without names
mentor | end | / > /rooms/N/ > /rooms/N/end/ | 结束见面 | Ending a meeting
mentor | call | /call-me/ | 请联系我 | Please ring me
mentor | notices | /notices/ | 导师的通知 | A mentor's notices
counsellor | today | / | 心理导师的今天 | A wellbeing mentor's day
parent | home * | / | 三秒钟：有没有人来，下次什么时候 | In three seconds: did somebody come, and when next
parent | history * | / > /children/N/history/ | 一个月的见面和小结 | A month of meetings, with summaries
parent | paper | / > /children/N/history/ > /children/N/history/paper/ | 打印的一页 | The page for paper
parent | carer | / > /children/N/carer/ | 请奶奶进来：扫一扫 | Letting the grandmother in
parent | mentors | / > /children/N/mentors/ | 两位导师和他们的证书 | The two mentors, and what is proved of them
parent | own-file | / > /children/N/history/ > /children/N/history/file/ | 孩子自己的数据 | The child's own data
parent | consent | / > /children/N/consent/ | 监护人同意：写得明白，随时收回 | Consent in plain words, as easily withdrawn
parent | withdraw | / > /children/N/consent/ > /children/N/consent/withdraw/ | 收回同意，先问一遍 | Withdrawing it, asked once more
parent | read-along | / > /children/N/read-along/ | 看聊天，要孩子同意 | Reading along, where the child agrees
parent | looks | / > /children/N/looks/ | 谁看过 | Who looked
parent | tell | / > /children/N/tell/ | 担心，或者举报 | A worry, or somebody who is reported
parent | meeting | / > /meetings/N/ | 换个时间 | Another time
parent | call | /call-me/ | 请联系我 | Please ring me
parent | notices | /notices/ | 家长的通知 | A parent's notices
carer | home | / | 今晚几点，哪位老师 | Tonight at what hour, and with whom
carer | hand-over | / > /children/N/hand-over/ | 进入之前，把手机交给孩子 | Before going in: the phone is handed to the child
coordinator | home * | / | 今天需要有人关心的，放在最前面 | Who needs a person today comes first
coordinator | children | /children/ | 全部学生 | All children
coordinator | one-child | /children/ > /children/N/ | 一个学生 | One child
coordinator | new-child | /children/new/ | 手动添加学生 | A child by hand
coordinator | edit-child | /children/ > /children/N/ > /children/N/edit/ | 修改学生 | Changing a child
coordinator | quiet | /children/ > /children/N/ > /children/N/quiet/ | 暂不打扰这家人 | Leaving a family in peace
coordinator | guardian | /children/ > /children/N/ > /guardians/N/ | 监护人能看什么 | What a guardian can see
coordinator | mentors | /mentors/ | 全部导师 | All mentors
coordinator | one-mentor | /mentors/ > /mentors/N/ | 一位导师 | One mentor
coordinator | new-mentor | /mentors/new/ | 手动添加导师 | A mentor by hand
coordinator | edit-mentor | /mentors/ > /mentors/N/ > /mentors/N/edit/ | 修改导师 | Changing a mentor
coordinator | pairs | /pairings/ | 全部结对 | All pairs
coordinator | one-pair | /pairings/ > /pairings/N/ | 一对：见面、小结、结束 | One pair: meetings, summaries, an end
coordinator | away | / > /mentors/N/away/ | 一位老师病了：影响谁，怎么办 | A mentor is ill: who is affected, and what to do
coordinator | missed | /today/missed/ | 错过的见面 | Missed meetings
coordinator | calls | /calls/ | 要打的电话 | Calls to make
coordinator | invitations | /invitations/ | 邀请 | Invitations
coordinator | held | /held/ | 等人看的消息 | Messages that wait for somebody
coordinator | rota | /rota/ | 值班表 | The duty rota
coordinator | hotlines | /hotlines/ | 求助电话 | Numbers to ring
coordinator | readings | /readings/ | 紧急查看 | Reading in an emergency
coordinator | exports | /exports/ | 带走的文件 | Files to take along
coordinator | aside | /imports/aside/ | 暂缓的人 | Who was set aside
coordinator | hardly | /rounds/readiness/ > /rounds/readiness/hardly-anybody/NAME/ | 几乎没有人可选的学生 | Children for whom there is hardly anybody
coordinator | left-out | /rounds/readiness/ > /rounds/readiness/left-out/NAME/ | 谁不能参加，为什么 | Who is left out, and why
coordinator | locks | /rounds/locks/ | 指定和回避 | Pins and forbids
coordinator | paused | /rounds/paused/ | 暂停的导师 | Paused mentors
coordinator | authenticator | /account/authenticator/ | 登录的第二步 | The second step of signing in
coordinator | log | /log/ | 操作记录 | What was done
lead | home | / | 安全负责人的首页 | The lead's first page
lead | cases | /cases/ | 个案 | Cases
lead | case | /cases/ > /cases/N/ | 一个个案 | One case
lead | duty | /duty/ | 值班屏幕 | The screen of those on duty
localhost | door | / | 演示的门口 | The demonstration's door
localhost | sign-in | /sign-in/ | 登录 | Signing in
localhost | join | /join | 凭邀请进入 | Coming in by invitation
localhost | offline | /offline/ | 没有网络时 | Without a network
localhost | outbox | /outbox/ | 演示里发出的短信 | Text messages of the demonstration
localhost | what-if | /what-if/ | 如果…… | What if …
localhost | components * | /components/ | 页面组件 | The components
"""

# Links that a way names by a word: their paths end in words of their own.
_WORDS = {"N": r"\d+", "NAME": "[a-z_]+"}


def stops() -> list[Stop]:
    return [_stop(line) for line in _TOUR.strip().splitlines()]


def _stop(line: str) -> Stop:
    role, name, way, zh, en = (cell.strip() for cell in line.split(" | "))
    return Stop(role, name.rstrip(" *"), tuple(way.split(" > ")), zh, en, dark=name.endswith("*"))


def pattern(step: str) -> re.Pattern[str]:
    """A link that a step of a way may follow."""
    return re.compile("".join(_WORDS.get(part, re.escape(part)) for part in re.split(r"\b(N|NAME)\b", step)))
