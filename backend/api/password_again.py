"""The body of acts that ask for the password once more."""

from typing import Any

from rest_framework import serializers


class PasswordAgainIn(serializers.Serializer[Any]):
    password = serializers.CharField(max_length=128, trim_whitespace=False)
