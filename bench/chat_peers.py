"""The chats that are compared: how each is started with so many rooms of two, and who its members are."""

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.load import Load, clock
from bench.members import Contract, Member, SocketIo
from bench.stack import HOST, ROOT, Skipped, Stack, free_port, python

PEERS = Path(__file__).parent / "peers"
NODE = ROOT / "var" / "bench" / "node"  # where packages for Node are installed


@dataclass
class Chat:
    """A chat that serves. start_again: the serving process only, on what is stored."""

    port: int
    members: Callable[[Load], list[Member]]
    start_again: Callable[[], None]


def ours(stack: Stack, rooms: int, *, on: str, words: int = 0) -> Chat:
    env = {
        "DJANGO_SETTINGS_MODULE": "bench.peers.ours_settings",
        "SHUANGDAO_DATA_DIR": str(stack.home),
        # Checked as ever; but a closed loop has no other bound than the server.
        "SHUANGDAO_ROOM_LIMITS": "messages_per_s=1000,messages_burst=1000",
    }
    if on == "postgres":
        env |= {"DATABASE_URL": stack.postgres(), "REDIS_URL": stack.redis()}
    facts = json.loads(stack.run(python("-m", "bench.furnish", str(rooms), str(words)), env))
    port = free_port()

    def members(load: Load) -> list[Member]:
        origin = f"http://{HOST}:{port}"
        return _pairs(
            Contract(load, f"/ws/rooms/{fact['room']}/", {"Origin": origin, "Cookie": cookie}, clock)
            for fact in facts
            for cookie in fact["cookies"]
        )

    return _started(stack, _daphne("backend.asgi:application", port), env, port, members)


def tutorial(stack: Stack, rooms: int, *, layer: str) -> Chat:
    env = {"LAYER": layer, "DATABASE_URL": stack.postgres()}
    if layer != "memory":
        env["REDIS_URL"] = stack.redis()
    stack.run(python("-c", "from bench.peers import tutorial; tutorial.prepare()"), env)
    port = free_port()

    def members(load: Load) -> list[Member]:
        headers = {"Origin": f"http://{HOST}:{port}"}
        return _pairs(Member(load, f"/ws/chat/{n}/", headers, clock) for n in range(rooms) for _ in "ab")

    return _started(stack, _daphne("bench.peers.tutorial:application", port), env, port, members)


def socketio(stack: Stack, rooms: int) -> Chat:
    modules = _node_modules()
    port = free_port()
    command = ["node", str(PEERS / "socketio" / "server.js"), str(port), stack.postgres()]

    def members(load: Load) -> list[Member]:
        path = "/socket.io/?EIO=4&transport=websocket&room="
        return _pairs(SocketIo(load, f"{path}{n}", {}, clock) for n in range(rooms) for _ in "ab")

    return _started(stack, command, {"NODE_PATH": str(modules), "NODE_ENV": "production"}, port, members)


def broadcast(stack: Stack, rooms: int) -> Chat:
    port = free_port()

    def members(load: Load) -> list[Member]:
        return _pairs(Member(load, f"/{n}", {}, clock) for n in range(rooms) for _ in "ab")

    return _started(stack, python("-m", "bench.peers.broadcast", str(port)), {}, port, members)


CHATS: dict[str, Callable[[Stack, int], Chat]] = {
    "tutorial-core": lambda stack, rooms: tutorial(stack, rooms, layer="core"),
    "tutorial-pubsub": lambda stack, rooms: tutorial(stack, rooms, layer="pubsub"),
    "tutorial-memory": lambda stack, rooms: tutorial(stack, rooms, layer="memory"),
    "ours-postgres": lambda stack, rooms: ours(stack, rooms, on="postgres"),
    "ours-sqlite": lambda stack, rooms: ours(stack, rooms, on="sqlite"),
    "socketio": socketio,
    "broadcast": broadcast,
}


def _started(stack: Stack, command: list[str], env: dict[str, str], port: int, members: Any) -> Chat:
    def start() -> None:
        stack.serve(command, env, port)

    start()
    return Chat(port, members, start)


def _daphne(application: str, port: int) -> list[str]:
    # An access log would be a cost of its own.
    return python("-m", "daphne", "-b", HOST, "-p", str(port), "-v", "0", application)


def _pairs(members: Any) -> list[Member]:
    found = list(members)
    for one, other in zip(found[::2], found[1::2], strict=True):
        one.other, other.other = other, one
    return found


def _node_modules() -> Path:
    """The packages of peers/socketio/package.json, installed once."""
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            raise Skipped(f"{tool} is not installed")
    modules = NODE / "node_modules"
    wanted = (PEERS / "socketio" / "package.json").read_text()
    if modules.is_dir() and (NODE / "package.json").read_text() == wanted:
        return modules
    NODE.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(modules, ignore_errors=True)
    (NODE / "package.json").write_text(wanted)
    install = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent"]
    try:
        subprocess.run(install, cwd=NODE, check=True, capture_output=True, timeout=120)
    except (subprocess.SubprocessError, OSError) as error:
        shutil.rmtree(modules, ignore_errors=True)
        raise Skipped(f"npm could not install its packages ({type(error).__name__})") from None
    return modules
