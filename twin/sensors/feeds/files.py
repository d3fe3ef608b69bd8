"""Files of measurements: CSV as instruments and cities write it, Parquet, and a folder that grows."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twin.errors import BadInput
from twin.sensors.feeds.feed import Feed
from twin.sensors.guard import cut, number_of, time_of
from twin.sensors.quantity import QUANTITIES, quantity_of
from twin.sensors.reading import Found, Reading

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import timezone
    from zoneinfo import ZoneInfo

MAX_BYTES = 2_000_000_000
_TIME_NAMES = ("time", "timestamp", "datetime", "phenomenontime", "tid", "datum", "date", "tidpunkt", "time_utc")
_CLOCK_NAMES = ("kl", "klockslag", "tid", "time", "hour")
_UNIT = re.compile(r"^(.*?)\s*[\(\[]([^()\[\]]*)[\)\]]\s*$")


@dataclass(frozen=True)
class Layout:
    """How a table of measurements is to be read.

    Parameters
    ----------
    sensor : str
        Name of the sensor in a table with one column per quantity (the file's name by default), or
        ``column:NAME`` where a column tells.
    zone : tzinfo, optional
        Of times that state none; without it they are refused.
    columns : mapping from our name to the column's
        ``time``, ``clock``, ``sensor``, ``quantity``, ``value``, ``unit``, ``lon``, ``lat``, or a quantity.
    units : mapping from quantity to unit
        Where the column's name does not say it.
    passages_s : float
        Each row is one vehicle: count them in steps of so many seconds, and average their speed; 0 = no.
    """

    sensor: str = ""
    zone: timezone | ZoneInfo | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    passages_s: float = 0.0


def read_file(path: Path, layout: Layout | None = None) -> Iterator[Reading | BadInput]:
    """Yield the readings of a file, and a BadInput for each cell that cannot be taken.

    Raises
    ------
    BadInput
        When the file as a whole cannot be read: what, where, what was expected.
    """
    layout = layout or Layout()
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInput("{path} is larger than {n} bytes.", path=path.name, n=MAX_BYTES)
        table = _parquet(path) if path.suffix.lower() == ".parquet" else read_csv(path)
    except OSError as error:
        raise BadInput("{path} cannot be read ({reason}).", path=path.name, reason=error.strerror or error) from error
    yield from readings_of(table, path, layout)


def read_csv(path: Path) -> pd.DataFrame:
    """Read a table as text: BOM, blank first lines, ``;``, ``,`` or tab are understood.

    Returns
    -------
    DataFrame
        Text columns; the index is the line in the file.
    """
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    lines = text.splitlines()
    first = next((i for i, line in enumerate(lines) if line.strip(" ;,\t")), None)
    if first is None:
        raise BadInput("{path} is empty.", path=path.name)
    head = lines[first]
    delimiter = max(";,\t", key=head.count)
    if not head.count(delimiter):
        raise BadInput(
            "{path}, row {row}: columns separated by ; , or tab are expected.", path=path.name, row=first + 1
        )
    rows = list(csv.reader(io.StringIO("\n".join(lines[first:])), delimiter=delimiter))
    names = [name.strip() for name in rows[0]]
    width = len(names)
    kept, numbers = [], []
    for n, row in enumerate(rows[1:], start=first + 2):
        if any(cell.strip() for cell in row):
            kept.append((row + [""] * width)[:width])
            numbers.append(n)
    return pd.DataFrame(kept, columns=_unique(names), index=numbers, dtype=object)


def readings_of(table: pd.DataFrame, path: Path, layout: Layout) -> Iterator[Reading | BadInput]:
    """Yield the readings of a table, in the shape it has: passages, long, or a column per quantity."""
    columns = {_plain(name): name for name in table.columns}

    def at(ours: str, *others: str) -> str | None:
        if ours in layout.columns:
            wanted = layout.columns[ours]
            if wanted not in table.columns:
                raise BadInput("{path}: there is no column {name}; there are: {known}.", path=path.name, name=wanted,
                               known=", ".join(map(str, table.columns))[:300])  # fmt: skip
            return wanted
        return next((columns[name] for name in (ours, *others) if name in columns), None)

    time = at("time", *_TIME_NAMES)
    if time is None:
        raise BadInput("{path}: no column of times was found ({known}); name it with --map time=COLUMN.",
                       path=path.name, known=", ".join(map(str, table.columns))[:300])  # fmt: skip
    clock = at("clock", *_CLOCK_NAMES)
    times = _times(table, time, clock if clock != time else None, layout.zone)
    sensor = at("sensor")
    if layout.passages_s > 0:
        speed = at("speed", "traffic_speed")
        yield from _passages(table, path, times, sensor, speed, layout)
    elif at("quantity") and at("value"):
        yield from _long(table, path, times, at, sensor, layout)
    else:
        skip = {time, clock, sensor, at("lon", "longitude"), at("lat", "latitude")}
        yield from _wide(table, path, times, [c for c in table.columns if c not in skip], sensor, layout, columns)


def _long(table, path, times, at, sensor, layout) -> Iterator[Reading | BadInput]:  # type: ignore[no-untyped-def]
    names = {name: at(name) for name in ("quantity", "value", "unit", "lon", "lat")}
    for line, row, time in zip(table.index, table.to_dict("records"), times, strict=True):
        try:
            who = str(row[sensor]) if sensor else layout.sensor or path.stem
            quantity = quantity_of(str(row[names["quantity"]]))
            value = number_of(row[names["value"]], "value", text=True)
            reading = Reading(
                who.strip(), quantity, value, _known(time), str(row[names["unit"]]) if names["unit"] else ""
            )
            if names["lon"] and names["lat"] and str(row[names["lon"]]).strip():
                reading.lon = number_of(row[names["lon"]], "lon", text=True)
                reading.lat = number_of(row[names["lat"]], "lat", text=True)
            yield reading
        except BadInput as error:
            yield _where(error, path, line)


def _wide(
    table: pd.DataFrame, path: Path, times: Sequence[int | BadInput], names: list[str], sensor: str | None,
    layout: Layout, columns: Mapping[str, str],
) -> Iterator[Reading | BadInput]:  # fmt: skip
    ours = {column: name for name, column in layout.columns.items()}
    wanted = []
    for name in names:
        found = _UNIT.match(name)
        quantity = quantity_of(ours.get(name) or (found[1] if found else name))
        known = quantity in QUANTITIES
        if name in ours or known or (found and found[2] and not layout.columns):
            unit = layout.units.get(quantity) or (found[2] if found else "")
            wanted.append((name, quantity, unit))
    if not wanted:
        raise BadInput("{path}: no column of a known quantity was found ({known}); name one (--map no2=COLUMN).",
                       path=path.name, known=", ".join(map(str, table.columns))[:300])  # fmt: skip
    lines = table.index.tolist()
    who = table[sensor].astype(str).tolist() if sensor else [layout.sensor or path.stem] * len(table)
    bad_time: set[int] = set()
    for name, quantity, unit in wanted:
        for i, cell in enumerate(table[name].tolist()):
            if cell is None or cell != cell or (isinstance(cell, str) and not cell.strip()):
                continue  # nothing was measured
            time = times[i]
            if isinstance(time, BadInput):
                if i not in bad_time:
                    bad_time.add(i)
                    yield _where(time, path, lines[i])
                continue
            try:
                yield Reading(who[i].strip(), quantity, number_of(cell, name, text=True), time, unit)
            except BadInput as error:
                yield _where(error, path, lines[i])


def _passages(
    table: pd.DataFrame, path: Path, times: Sequence[int | BadInput], sensor: str | None, speed: str | None,
    layout: Layout,
) -> Iterator[Reading | BadInput]:  # fmt: skip
    """Count vehicles and average their speeds in steps; a step without any is a count of nought."""
    bad = {i for i, t in enumerate(times) if isinstance(t, BadInput)}
    for i in sorted(bad):
        yield _where(times[i], path, table.index[i])  # type: ignore[arg-type]
    keep = [i for i in range(len(times)) if i not in bad]
    frame = pd.DataFrame({
        "who": table[sensor].astype(str).iloc[keep].to_numpy() if sensor else layout.sensor or path.stem,
        "step": (np.array([times[i] for i in keep], "int64") // round(layout.passages_s * 1000)),
        "speed": pd.to_numeric(table[speed].iloc[keep], errors="coerce").to_numpy() if speed else np.nan,
    })  # fmt: skip
    for who, rows in frame.groupby("who", sort=True):
        steps = np.arange(rows["step"].min(), rows["step"].max() + 1)
        count = rows.groupby("step").size().reindex(steps, fill_value=0)
        mean = rows.groupby("step")["speed"].mean().reindex(steps)
        ends = (steps + 1) * round(layout.passages_s * 1000)
        per_hour = 3600.0 / layout.passages_s
        for end, n, v in zip(ends.tolist(), count.tolist(), mean.tolist(), strict=True):
            yield Reading(str(who), "traffic_flow", n * per_hour, end, "/h")
            if v == v:
                yield Reading(str(who), "traffic_speed", v, end, "km/h")


def _times(table: pd.DataFrame, time: str, clock: str | None, zone: timezone | ZoneInfo | None) -> list[int | BadInput]:
    found: list[int | BadInput] = []
    cells = table[time].tolist()
    if pd.api.types.is_datetime64_any_dtype(table[time]):
        stamps = table[time]
        if stamps.dt.tz is None:
            if zone is None:
                raise BadInput("The column {name} states no time zone; say which (--zone).", name=time)
            stamps = stamps.dt.tz_localize(zone)
        ms = stamps.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[ms]").astype("int64")
        return [int(t) for t in ms]
    clocks = table[clock].tolist() if clock else [""] * len(cells)
    for cell, of_day in zip(cells, clocks, strict=True):
        text = f"{str(cell).strip()} {str(of_day).strip()}".strip()
        try:
            if re.fullmatch(r"\d{10}(\.\d+)?", text):
                found.append(round(float(text) * 1000))
            elif re.fullmatch(r"\d{13}", text):
                found.append(int(text))
            else:
                found.append(_local(text, zone))
        except BadInput as error:
            found.append(error)
    return found


def _local(text: str, zone: timezone | ZoneInfo | None) -> int:
    day, _, rest = text.partition(" ")
    if rest.startswith("24:00"):  # the end of a day, as some instruments write it
        return _local(f"{day} 00:00", zone) + 86_400_000
    try:
        return time_of(text.replace(" ", "T", 1) if " " in text else text, zone)
    except BadInput as error:
        if "zone" in error.key:
            raise BadInput("The time {value} states no time zone; say which (--zone).", value=cut(text)) from None
        raise


def _known(time: int | BadInput) -> int:
    if isinstance(time, BadInput):
        raise time
    return time


def _where(error: BadInput, path: Path, line: int) -> BadInput:
    return BadInput("{path}, row {row}: {reason}", path=path.name, row=line, reason=str(error))


def _plain(name: object) -> str:
    return str(name).strip().lower()


def _unique(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    found = []
    for name in names:
        n = seen[name] = seen.get(name, 0) + 1
        found.append(name if n == 1 else f"{name} {n}")
    return found


def _parquet(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except (ValueError, OSError) as error:
        raise BadInput("{path} cannot be read ({reason}).", path=path.name, reason=cut(error, 160)) from error


class FolderFeed(Feed):
    """Follows a folder in which files appear and grow: each is read when it has not changed for a while.

    Parameters
    ----------
    folder : Path
    layout : Layout
        Of its files.
    quiet_s : float
        How long a file must rest before it is read [s]; one that grows later is read again, and what was read
        before is known as a repeat.
    """

    can_backfill = True

    def __init__(self, folder: Path, layout: Layout | None = None, quiet_s: float = 2.0) -> None:
        super().__init__(self._decode)
        self._folder, self._layout, self._quiet = folder, layout or Layout(), quiet_s
        self._done: dict[Path, tuple[int, int]] = {}

    def where(self) -> str:
        """Return the folder."""
        return str(self._folder)

    def session(self, stop: threading.Event) -> None:
        """Look for files until told to stop."""
        seen: dict[Path, tuple[int, int]] = {}
        while not stop.is_set():
            if not self._folder.is_dir():
                raise BadInput("{path} is no folder.", path=self._folder.name)
            self.connected()
            for path in sorted(p for p in self._folder.iterdir() if p.suffix.lower() in (".csv", ".txt", ".parquet")):
                stat = path.stat()
                stamp = (stat.st_mtime_ns, stat.st_size)
                if seen.get(path) == stamp and self._done.get(path) != stamp:
                    self._done[path] = stamp
                    self.offer(str(path).encode(), path.name)
                seen[path] = stamp
            stop.wait(self._quiet)

    def _decode(self, payload: bytes, topic: str) -> list[Found]:
        return list(read_file(Path(payload.decode()), self._layout))
