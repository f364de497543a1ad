"""When somebody is reminded of a missing summary."""

from datetime import timedelta

DUE = timedelta(hours=24)  # after the meeting's hour; then the coordinators are told
REMINDED = timedelta(hours=16)  # the mentor is: noon, for a meeting of the evening before
FORGOTTEN = timedelta(days=3)  # nobody is asked any more
