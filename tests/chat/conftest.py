"""Run without manage.py, pytest collects before its Django plugin has found the settings."""

import django

django.setup()
