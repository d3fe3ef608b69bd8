"""Work that does nothing, for measuring what a child costs; imports nothing that takes time."""

from __future__ import annotations


def nothing(job: object) -> None:
    """Do nothing."""
