"""Load on a chat, and what comes of it: every message is followed from its sender to the other member."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from bench.members import Member

AT_ONCE = 64  # handshakes under way
PATIENCE_S = 20.0  # for a handshake
STUCK_S = 5.0  # a message not heard by then is not waited for by a closed loop
STEP_S = 0.002  # of an open loop
MOMENTS = 50  # of a second
clock = time.perf_counter


@dataclass(slots=True)
class Said:
    at: float
    sender: Member
    heard: bool = False
    acknowledged: bool = False


@dataclass
class Tally:
    """sent, heard: messages, and those that the other member got.  late: seconds each of them took.

    lost: acknowledged and never heard.  doubled, reordered: heard again, or after one said later.
    cpu, generator: seconds of processor of what serves, and of what loads it.
    """

    sent: int = 0
    heard: int = 0
    doubled: int = 0
    reordered: int = 0
    lost: int = 0
    late: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu: float = 0.0
    generator: float = 0.0

    @property
    def undelivered(self) -> int:
        return self.sent - self.heard

    def milliseconds(self, part: float) -> float | None:
        """Of the latencies, the one under which ``part`` of them lie."""
        if not self.late:
            return None
        return round(1000 * sorted(self.late)[min(len(self.late) - 1, int(part * len(self.late)))], 2)


class Load:
    """The members of all rooms, two and two. Numbers go on over the phases, so that nothing is mixed up.

    spent: seconds of processor that the server has had so far.
    """

    def __init__(self, spent: Callable[[], float]) -> None:
        self.members: list[Member] = []
        self.tally = Tally()
        self.lost_lines = 0
        self._spent = spent
        self._numbers = count(1)
        self._said: dict[int, Said] = {}
        self._next: Callable[[Member], None] | None = None
        self._ready: dict[Member, asyncio.Future[None]] = {}
        self._stopping = False

    # What members tell.

    def ready(self, member: Member) -> None:
        waiting = self._ready.pop(member, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def gone(self, member: Member) -> None:
        self.lost_lines += not self._stopping

    def heard(self, member: Member, number: int) -> None:
        said = self._said.get(number)
        if said is not None and said.sender is member:
            return self.acknowledged(member, number)
        if said is None or said.heard:
            self.tally.doubled += 1
            return
        said.heard = True
        self.tally.heard += 1
        self.tally.late.append(clock() - said.at)
        if number < member.high:
            self.tally.reordered += 1
        member.high = max(member.high, number)
        if said.acknowledged:
            del self._said[number]
        if self._next is not None:
            self._next(said.sender)

    def acknowledged(self, member: Member, number: int) -> None:
        said = self._said.get(number)
        if said is None or said.acknowledged:
            self.tally.doubled += 1
            return
        said.acknowledged = True
        if said.heard:
            del self._said[number]

    # Phases.

    async def connect(self, host: str, port: int, members: Sequence[Member]) -> tuple[float, int]:
        """Seconds until all are ready, and how many failed."""
        gate = asyncio.Semaphore(AT_ONCE)
        loop = asyncio.get_running_loop()
        failed = 0

        async def one(member: Member) -> None:
            nonlocal failed
            async with gate:
                self._ready[member] = ready = loop.create_future()
                try:
                    async with asyncio.timeout(PATIENCE_S):
                        await loop.create_connection(lambda: member.dial(f"{host}:{port}"), host, port)
                        await ready
                except (OSError, TimeoutError):
                    failed += 1

        # Those of before go on saying that they are there.
        self.members, started = list(dict.fromkeys([*self.members, *members])), clock()
        sweeping = asyncio.create_task(self._sweep())
        await asyncio.gather(*map(one, members))
        sweeping.cancel()
        return clock() - started, failed

    async def idle(self, seconds: float) -> None:
        async with self._phase():
            await asyncio.sleep(seconds)

    async def saturate(self, seconds: float) -> Tally:
        """A closed loop: everybody says the next thing as soon as the last one was heard."""
        deadline = clock() + seconds
        said_at: dict[Member, float] = {}

        def say(member: Member) -> None:
            if clock() < deadline and not member.is_gone:
                said_at[member] = clock()
                self._say(member, said_at[member])

        def unstick() -> None:
            for member, at in said_at.items():
                if clock() - at > STUCK_S:
                    say(member)

        async with self._phase(unstick) as tally:
            self._next = say
            for member in self.members:
                say(member)
            await asyncio.sleep(deadline - clock())
            tally.cpu, tally.seconds, heard = self._spent() - tally.cpu, seconds, tally.heard
            tally.generator = time.process_time() - tally.generator
            self._next = None
            await self._drain()
        # What came later is no throughput.
        tally.late = tally.late[:heard]
        return tally

    async def offer(self, rate: float, seconds: float, drain: float = 5.0) -> Tally:
        """An open loop: people speak when they like, by a clock of random gaps, whatever the server does.

        The time counts from when it was to be said, not from when the generator got round to it.
        """
        rng = random.Random(1)
        async with self._phase() as tally:
            due, end = clock(), clock() + seconds
            while due < end:
                now = clock()
                while due <= now and due < end:
                    member = rng.choice(self.members)
                    if not member.is_gone:
                        self._say(member, due)
                    due += rng.expovariate(rate)
                await asyncio.sleep(STEP_S)
            tally.cpu, tally.seconds = self._spent() - tally.cpu, seconds
            await self._drain(drain)
        return tally

    async def hang_up(self) -> None:
        self._stopping = True
        for member in self.members:
            if hasattr(member, "line"):
                member.line.transport.abort()
        await asyncio.sleep(0.1)

    def _say(self, member: Member, at: float) -> None:
        number = next(self._numbers)
        self._said[number] = Said(at, member)
        self.tally.sent += 1
        member.say(number)

    def _phase(self, every_second: Callable[[], None] = lambda: None) -> "_Phase":
        self.tally = Tally(cpu=self._spent(), generator=time.process_time())
        self._said.clear()
        return _Phase(self, every_second)

    async def _drain(self, seconds: float = 5.0) -> None:
        """Until everything was heard, or it's time to give up."""
        end = clock() + seconds
        while self._said and clock() < end:
            await asyncio.sleep(0.05)
        self.tally.lost = sum(said.acknowledged and not said.heard for said in self._said.values())

    async def _sweep(self, every_second: Callable[[], None] = lambda: None) -> None:
        """Each member once a second, and each in its own moment of it: nobody's browser waits for another's."""
        while True:
            for moment in range(MOMENTS):
                await asyncio.sleep(1 / MOMENTS)
                for member in self.members[moment::MOMENTS]:
                    member.sweep()
            every_second()


class _Phase:
    """A tally from beginning to end, with the members' seconds going on."""

    def __init__(self, load: Load, every_second: Callable[[], None]) -> None:
        self._load, self._every_second = load, every_second

    async def __aenter__(self) -> Tally:
        self._sweeping = asyncio.create_task(self._load._sweep(self._every_second))
        return self._load.tally

    async def __aexit__(self, *_error: object) -> None:
        self._sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await self._sweeping
