"""A process that holds a history and stores what it is told: lines of JSON in, one line out when it is acknowledged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np


class Recording:
    """The process, driven from a test."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._answer() == "open"

    def store(self, sid: int, time: np.datetime64, value: float) -> str:
        """Store one row; when this returns it is acknowledged."""
        return self._do("append", sid, int(time.astype("datetime64[ms]").astype("int64")), value)

    def stream(self, id: str) -> str:
        """Make another stream."""
        return self._do("stream", id)

    def settle(self) -> str:
        """Close days."""
        return self._do("settle")

    def take_inbox(self) -> str:
        """Take the inbox."""
        return self._do("inbox")

    def kill(self) -> None:
        """Kill it."""
        self._process.kill()
        self.end()

    def end(self) -> None:
        """Let it close the history and end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def _do(self, *what: object) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def main(folder: Path) -> None:
    """Hold a history until there is no more input."""
    from twin.sensors.embedded import EmbeddedHistory
    from twin.sensors.stream import Stream, batch

    with EmbeddedHistory(folder) as store:
        print("open", flush=True)
        for line in sys.stdin:
            kind, *rest = json.loads(line)
            said: Any = ""
            if kind == "append":
                sid, time, value = rest
                said = store.append(batch([sid], [np.datetime64(time, "ms")], [value])).stored
            elif kind == "stream":
                said = store.add_streams([Stream(rest[0], rest[0].rsplit(":", 1)[-1], "ug/m3")])[0].sid
            elif kind == "settle":
                said = store.settle()
            elif kind == "inbox":
                said = store.take_inbox().stored
            print(said, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
