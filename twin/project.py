"""A project on disk: the folder ``NAME.twin/``, its saves, autosaves, recovery and lock.

``project.json`` names the files of ``city/``. Those are written first and never changed afterwards;
``project.json`` is replaced last, in one step. So a kill at any moment leaves the last save or the new one.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import threading
import time
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from twin.content import demo_project
from twin.datafile import folders
from twin.disk import atomic, tables, versions
from twin.disk.lock import FileLock, Holder, anyone_reads, reading
from twin.disk.record import Record, encode, read_record, to_pose, to_record, to_state
from twin.errors import BadInput, ProjectLocked
from twin.jobs import Job
from twin.state import State

if TYPE_CHECKING:
    from twin.city.city import City
    from twin.disk.versions import Recovery
    from twin.state import Pose

ENDING = ".twin"
RECORD = "project.json"
_LOCK = ".lock"
_ABANDONED = 3600.0


class Project:
    """An open project; made by :func:`create` or :func:`open_project`.

    Attributes
    ----------
    path : Path
        The folder.
    read_only : bool
        Another process holds it, or nothing may be written there, or it is the shipped demo.
    crashed : Holder or None
        Who held it before and ended without closing it.
    """

    def __init__(self, path: Path, record: Record, lock: FileLock | None) -> None:
        self.path = path
        self.crashed: Holder | None = lock.left_behind if lock else None
        self._record = record
        self._lock = lock
        self._known: tables.Known = {}
        self._busy = threading.Lock()
        self._written: tuple[State, Pose | None] | None = None
        self._in_use = {layer.file for layer in record.imported}
        """Files of data layers that the session saw: undo may bring them back, so none is removed before it ends."""

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where the files of its data layers may lie."""
        return data_folders(self.path)

    @property
    def read_only(self) -> bool:
        """Whether it can only be looked at."""
        return self._lock is None

    @property
    def name(self) -> str:
        """Name of its folder without the ending."""
        return self.path.stem

    @property
    def pose(self) -> Pose | None:
        """The view it was saved with."""
        return None if self._record.view is None else to_pose(self._record.view)

    @property
    def saved(self) -> datetime:
        """When it was last saved (UTC)."""
        return versions.when(self._record.saved)

    def state(self, city: City | None = None, job: Job | None = None) -> State:
        """Return the saved State.

        Parameters
        ----------
        city : City, optional
            What :func:`load_city` read of this project, perhaps in a child process; read here when not given.
        """
        if city is None:
            city = _read(self.path, self._record, self._known, job or Job())
        else:
            tables.remember(self._known, city, self._record)
        state = to_state(self._record, city)
        self._written = (state, self.pose)
        return state

    def save(self, state: State, pose: Pose | None = None, at: datetime | None = None, job: Job | None = None) -> None:
        """Save a State; on an error the last save stays as it was.

        Parameters
        ----------
        state : State
        pose : Pose, optional
            The view to open with; by default that of the last save.
        at : datetime, optional
            Time of saving, now by default.
        """
        with self._busy:
            record = self._next(state, pose, at, job or Job())
            earlier = [sorted(self._record.files()), *self._record.earlier][:2]
            record = msgspec.structs.replace(record, earlier=earlier)
            self._write_record(record)
            versions.mark_seen(self.path)
            self._collect()

    def save_as(
        self, path: Path, state: State, pose: Pose | None = None, at: datetime | None = None, replace: bool = False
    ) -> Project:
        """Save under another name, with its history, and return the new project, which is open; this one stays."""
        return _build(path, state, pose or self.pose, at, replace, copied_from=self.path)

    def autosave(self, state: State, pose: Pose | None = None, at: datetime | None = None) -> bool:
        """Write the State beside the save; nothing is done when it is written already, or read-only.

        Returns
        -------
        bool
            Whether something was written.
        """
        if self.read_only or (self._written is not None and self._written[0] is state):
            return False
        with self._busy:
            try:
                versions.add(self.path, self._next(state, pose, at, Job()))
            except OSError as error:
                raise _unwritten(self.path, error) from error
        return True

    def versions(self) -> list[Recovery]:
        """Return the autosaves that are there, latest first."""
        return versions.found(self.path, self._record)

    def recovery(self) -> Recovery | None:
        """Return the autosave that a crash left behind: later than the save, and not dealt with."""
        if self.read_only:
            return None
        known = max(self._record.revision, versions.seen(self.path))
        late = (version for version in self.versions() if version.record.revision > known)
        return next((version for version in late if version.what), None)

    def restore(self, recovery: Recovery, job: Job | None = None) -> State:
        """Return the State of an autosave; the save on disk stays until the State is saved."""
        return to_state(recovery.record, _read(self.path, recovery.record, self._known, job or Job()))

    def discard_recovery(self) -> None:
        """Do not offer the autosaves again; they stay among :meth:`versions`."""
        if not self.read_only:
            versions.mark_seen(self.path)

    def close(self, decided: bool = True) -> None:
        """Let go of the project.

        Parameters
        ----------
        decided : bool
            Whether a user has decided on what was not saved, so that it is not offered again.
        """
        if self._lock is not None:
            if decided:
                with contextlib.suppress(OSError):  # the place is gone, or full: nothing is left to note there
                    self.discard_recovery()
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Project:
        """Return itself; leaving the block closes it, and leaves what a crash left behind to be offered."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close(decided=False)

    def _next(self, state: State, pose: Pose | None, at: datetime | None, job: Job) -> Record:
        """Write the city's files and return the record of the State, with the next revision."""
        if self.read_only:
            raise BadInput("{path} is open for reading only; save it under another name.", path=self.path.name)
        pose = pose or self.pose
        try:
            parts = tables.write_city(self.path, state.city, self._known, job)
            folders.bring([layer.file for layer in state.imported], self.path, self.folders)
        except OSError as error:
            raise _unwritten(self.path, error) from error
        record = to_record(state, parts, pose, self._record.created, _stamp(at), _program())
        self._in_use |= {layer.file for layer in record.imported}
        revision = max(self._record.revision, versions.latest_revision(self.path)) + 1
        self._written = (state, pose)
        return msgspec.structs.replace(record, revision=revision)

    def _write_record(self, record: Record) -> None:
        try:
            atomic.write(self.path / RECORD, encode(record))
        except OSError as error:
            raise _unwritten(self.path, error) from error
        self._record = record

    def _collect(self) -> None:
        """Remove files of the city and of data layers nobody refers to any more, unless a process reads just now."""
        if anyone_reads(self.path):
            return
        needed = self._record.files() | {name for names in self._record.earlier for name in names}
        needed |= versions.needed_files(self.path, self._record) | self._in_use
        city = [p for p in (self.path / tables.FOLDER).iterdir() if f"{tables.FOLDER}/{p.name}" not in needed]
        data = [p for p in (self.path / folders.FOLDER).glob("*.*") if f"{folders.FOLDER}/{p.name}" not in needed]
        cut_off = [p for p in (*self.path.iterdir(), *self.path.glob("*/.*")) if p.is_file() and atomic.is_part(p)]
        for file in (*filter(tables.is_ours, city), *filter(folders.is_ours, data), *cut_off):
            with contextlib.suppress(OSError):  # the next save tries again
                file.unlink()


def create(
    path: Path, city: City, state: State | None = None, pose: Pose | None = None, at: datetime | None = None
) -> Project:
    """Write a new project and return it, open.

    Parameters
    ----------
    path : Path
        ``NAME.twin``; the ending is added when it lacks.
    city : City
    state : State, optional
        Layers and bookmarks to begin with (its city is not used).
    pose : Pose, optional
        The view to open with.
    at : datetime, optional
        Time of saving, now by default; with the same time the same city gives the same bytes.

    Raises
    ------
    BadInput
        When something is there already, or nothing can be written there.
    """
    return _build(path, State(city) if state is None else state.changed(city=city), pose, at, replace=False)


def open_project(path: Path, read_only: bool = False) -> Project:
    """Open a project.

    Raises
    ------
    ProjectLocked
        When another process holds it; it can still be opened with ``read_only``.
    BadInput, NewerFormat
        When there is no project, or it is damaged, or of a later version.
    """
    path = project_folder(path)
    record = read_record(path / RECORD)
    lock = None
    if not read_only and not _is_demo(path):
        lock = FileLock(path / _LOCK)
        try:
            if not lock.acquire():
                raise _locked(path, lock.holder())
        except OSError:
            lock = None
        else:
            try:
                record = read_record(path / RECORD)  # it may have been saved before we held it
            except BaseException:
                lock.release()
                raise
    return Project(path, record, lock)


def load_city(path: Path, job: Job | None = None) -> City:
    """Read the city of a project, whoever holds it; for children and the command line."""
    path = project_folder(path)
    return _read(path, read_record(path / RECORD), {}, job or Job())


def content_key(path: Path) -> str:
    """Return what names the content of a project's city: its files with their sizes and times; "" when one lacks."""
    path = project_folder(path)
    record = read_record(path / RECORD)
    names = sorted(record.files())
    try:
        files = [(path / name).stat() for name in names]
    except OSError:
        return ""
    known = [f"{name} {file.st_size} {file.st_mtime_ns}" for name, file in zip(names, files, strict=True)]
    return "\n".join([record.crs, record.height_system, *known])


def load_view(path: Path, job: Job | None = None) -> tuple[State, Pose | None]:
    """Read the saved State of a project and the view it was saved with, whoever holds it."""
    path = project_folder(path)
    record = read_record(path / RECORD)
    pose = None if record.view is None else to_pose(record.view)
    return to_state(record, _read(path, record, {}, job or Job())), pose


def data_folders(path: Path) -> tuple[Path, ...]:
    """Return where the files of a project's data layers may lie: in it, or waiting to be saved."""
    return project_folder(path), folders.staging()


def resolve_path(text: str) -> Path:
    """Return the project a user means: ``demo`` is the shipped one, ``./demo`` a folder of that name."""
    return demo_project() if text == "demo" else project_folder(Path(text).expanduser())


def project_folder(path: Path) -> Path:
    """Return the project's folder, also when ``project.json`` was named or the ending left out."""
    if path.name == RECORD and path.is_file():
        path = path.parent
    if not path.exists() and path.with_name(path.name + ENDING).is_dir():
        path = path.with_name(path.name + ENDING)
    return Path(os.path.abspath(path))


def _read(folder: Path, record: Record, known: tables.Known, job: Job) -> City:
    # The shipped demo is never written, so nobody need know that it is read, and nothing is left in it.
    with contextlib.nullcontext() if _is_demo(folder) else reading(folder):
        try:
            return tables.read_city(folder, record, known, job)
        except BadInput:
            # Saved again since the record was read, twice or more: what it named may be gone.
            newer = read_record(folder / RECORD)
            if newer.revision <= record.revision:
                raise
            return tables.read_city(folder, newer, known, job)


def _build(
    path: Path,
    state: State,
    pose: Pose | None,
    at: datetime | None,
    replace: bool,
    copied_from: Path | None = None,
) -> Project:
    """Write a whole project under a passing name and give it its own name at the end."""
    path = Path(os.path.abspath(path if path.suffix == ENDING else path.with_name(path.name + ENDING)))
    if path.exists() and not replace:
        raise BadInput("{path}: there is something of that name already; choose another.", path=path.name)
    part = atomic.part_of(path)
    try:
        _remove_abandoned(path)
        part.mkdir(parents=True)
        parts = tables.write_city(part, state.city, {}, Job())
        now = _stamp(at)
        places = (folders.staging(),) if copied_from is None else (copied_from, folders.staging())
        folders.bring([layer.file for layer in state.imported], part, places)
        atomic.write(part / RECORD, encode(to_record(state, parts, pose, now, now, _program())))
        if copied_from is not None and (copied_from / "results").is_dir():
            shutil.copytree(copied_from / "results", part / "results")
        if copied_from is not None and (copied_from / "history").is_dir():
            from twin.sensors.copying import copy_history  # here: most openings need no database

            copy_history(copied_from / "history", part / "history")
        if path.exists():
            _swap_away(path)
        atomic.replace(part, path)
        atomic.flush_folder(path.parent)
    except OSError as error:
        raise _unwritten(path, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return open_project(path)


def _swap_away(path: Path) -> None:
    """Take an old project out of the way, if nobody holds it."""
    open_project(path).close()
    old = path.with_name(f".{path.stem}-{secrets.token_hex(4)}.old{ENDING}")
    atomic.replace(path, old)
    shutil.rmtree(old, ignore_errors=True)


def _remove_abandoned(path: Path) -> None:
    """Remove what a kill left of earlier attempts to write this project."""
    for left in path.parent.glob(f".{path.stem}-????????{atomic.PART}{ENDING}"):
        if time.time() - left.stat().st_mtime > _ABANDONED:
            shutil.rmtree(left, ignore_errors=True)


def _is_demo(path: Path) -> bool:
    demo = demo_project()
    return demo.exists() and path.exists() and path.samefile(demo)


def _locked(path: Path, holder: Holder | None) -> ProjectLocked:
    if holder is None:
        return ProjectLocked("{path} is open in another window; open it for reading only.", path=path.name)
    return ProjectLocked(
        "{path} is open in another window (process {pid} on {host}, since {since}); open it for reading only.",
        path=path.name,
        pid=holder.pid,
        host=holder.host,
        since=_local_time(holder.since),
    )


def _local_time(stamp: str) -> str:
    """Say a time stamp as the clock on the wall does; one that cannot be read stays as it is."""
    try:
        return datetime.fromisoformat(stamp).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return stamp


def _unwritten(path: Path, error: OSError) -> BadInput:
    return BadInput(
        "{path}: could not be written: {reason}. What was saved before is untouched.",
        path=path.name,
        reason=error.strerror or error,
    )


def _stamp(at: datetime | None) -> str:
    return (at or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _program() -> str:
    try:
        return metadata.version("stockholm-twin")
    except metadata.PackageNotFoundError:
        return ""
