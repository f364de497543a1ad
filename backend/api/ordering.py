"""Orders of lists."""

from typing import Any

import django_filters


class Ordering(django_filters.OrderingFilter):
    """Ends with the primary key, so that no row stands on two pages or on none."""

    def filter(self, qs: Any, value: Any) -> Any:
        ordered = super().filter(qs, value)
        return ordered.order_by(*(ordered.query.order_by or ordered.model._meta.ordering), "pk")
