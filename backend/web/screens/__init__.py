"""`manage.py screens`: pictures of every page, taken from the demonstration. Needs the tests' packages and a Chromium."""
