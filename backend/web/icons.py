"""lucide's tag, which draws each icon once: a page has dozens, of few kinds."""

from functools import lru_cache

from django import template
from lucide.templatetags.lucide import lucide

register = template.Library()
register.simple_tag(lru_cache(maxsize=512)(lucide))
