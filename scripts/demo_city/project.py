"""The demo project on disk: city, bookmarks, the first view, and the week of history."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from demo_city import generate, history
from demo_city.table import District
from twin import project
from twin.state import Bookmark, Pose, State

if TYPE_CHECKING:
    from pathlib import Path

MADE = datetime(2026, 5, 4, tzinfo=UTC)
"""Date of the data; fixed, so that the same tables give the same bytes."""


def write(path: Path) -> None:
    """Build the demo and put it at a path, in place of what lies there.

    Parameters
    ----------
    path : Path
        ``…/demo.twin``.
    """
    made = generate.build()
    part = path.with_name(f".{path.stem}-build.twin")
    shutil.rmtree(part, ignore_errors=True)
    try:
        views = bookmarks(District())
        state = State(made.city, bookmarks=views)
        project.create(part, made.city, state, pose=views[0].pose, at=MADE).close()
        for left in part.glob(".lock*"):
            left.unlink()
        history.write(part / "history", made.streams, made.observations)
        shutil.rmtree(path, ignore_errors=True)
        part.rename(path)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def bookmarks(district: District) -> tuple[Bookmark, ...]:
    """Return the named views of the table, the opening view first."""
    views = []
    for row in district.raw["view"]:
        x, y = district.at(row["at"])
        focus = (x, y, float(row["height"]))
        views.append(
            Bookmark(row["name"], Pose(focus, float(row["distance"]), float(row["azimuth"]), float(row["elevation"])))
        )
    return tuple(views)
