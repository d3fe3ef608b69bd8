"""The questions there are, in the order they are listed; a model's questions stand in a module of their own."""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.questions.question import Question

MODULES: tuple[str, ...] = (
    "twin.questions.walking",
    "twin.questions.noise",
    "twin.questions.listening",
    "twin.questions.noise_map",
    "twin.questions.traffic",
    "twin.questions.traffic_rules",
    "twin.questions.people",
    "twin.questions.homes",
    "twin.questions.carry",
)
"""Modules that hold ``QUESTIONS``, a tuple; they are loaded when the list is first looked at."""


@cache
def questions() -> tuple[Question, ...]:
    """Return all questions."""
    return tuple(one for name in MODULES for one in importlib.import_module(name).QUESTIONS)


def find(id: str) -> Question | None:
    """Return a question by its id."""
    return next((one for one in questions() if one.id == id), None)
