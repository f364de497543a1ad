"""Dates and times in English: 17 February 2020, 19:00."""

DATE_FORMAT = "j F Y"
SHORT_DATE_FORMAT = "j M"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j F Y H:i"
FIRST_DAY_OF_WEEK = 1
DATE_INPUT_FORMATS = ["%Y-%m-%d", "%d/%m/%Y", "%d %B %Y"]
MONTH_DAY_FORMAT = "j F"
YEAR_MONTH_FORMAT = "F Y"
