import django

# Run without manage.py, pytest collects before its Django plugin has found the settings.
django.setup()
