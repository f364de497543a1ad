#!/usr/bin/env python3
"""The one door for commands: `python3 manage.py demo`, `tests`, `match`, `worker`, …"""

import sys

if sys.version_info < (3, 11):
    sys.exit("Shuangdao needs Python 3.11 or newer; this is " + sys.version.split()[0] + ".")

from backend import launch

if __name__ == "__main__":
    sys.exit(launch.main(sys.argv))
