"""Django's settings for whoever runs pytest without manage.py."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
