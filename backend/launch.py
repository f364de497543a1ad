"""Before Django: the virtual environment, and the commands that need one. Standard library only."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed"
# The commands that install what they need; every other one uses what is there.
LOCKS = {"demo": "requirements.txt", "tests": "requirements-dev.txt", "screens": "requirements-dev.txt"}


def main(argv: list[str]) -> int:
    """Installs if the command asks for it, goes into the environment, and hands over."""
    command = argv[1] if len(argv) > 1 else "help"
    if command in LOCKS:
        error = install(LOCKS[command])
        if error:
            print(error, file=sys.stderr)
            return 1
    if PYTHON.exists() and Path(sys.prefix).resolve() != VENV.resolve():
        os.execv(PYTHON, [str(PYTHON), str(ROOT / "manage.py"), *argv[1:]])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    if command == "tests":
        from backend import testing

        return testing.main(argv[2:])
    if command == "demo":
        os.environ["SHUANGDAO_MODE"] = "demo"
    from django.core.management import execute_from_command_line

    from backend.env import BadEnv

    try:
        execute_from_command_line(argv)
    except BadEnv as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def wanted(lock: str) -> str:
    """What the stamp says once a lock is installed. The tests' lock holds all of the other one."""
    digest = hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()
    return f"{lock} {digest}"


def is_installed(lock: str, stamp: str) -> bool:
    return wanted(lock) in stamp.splitlines()


def install(lock: str) -> str:
    """Makes .venv hold what the lock names. Returns one line that says what went wrong, or nothing."""
    stamp = STAMP.read_text() if STAMP.exists() else ""
    if is_installed(lock, stamp):
        return ""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return "Python's venv is missing: install it first (Debian, Ubuntu: apt install python3-venv)."
    if not PYTHON.exists():
        print("Making .venv …", flush=True)
        made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False)
        if made.returncode:
            return "The virtual environment .venv could not be made; the reason stands above."
    print(f"Installing what {lock} names (once; a minute or two) …", flush=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    done = subprocess.run([*pip, "-r", str(ROOT / lock)], check=False)
    if done.returncode:
        return f"Installing {lock} failed; the reason stands above. Run the command again once it is mended."
    lines = [wanted(lock)]
    if lock == "requirements-dev.txt":
        lines.append(wanted("requirements.txt"))
    STAMP.write_text("\n".join(lines) + "\n")
    return ""
