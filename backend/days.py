"""A day of the programme is a day in Shanghai, whatever the server's clock shows. Pure."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def check_aware(moment: datetime) -> None:
    if moment.tzinfo is None:
        raise ValueError(f"expected a time with a zone, got {moment}")


def local_day(moment: datetime) -> date:
    check_aware(moment)
    return moment.astimezone(SHANGHAI).date()
