#!/usr/bin/env python
"""Flood an open window with messages from a real mosquitto: losses, lateness of the window, memory.

Usage: xvfb-run -a scripts/soak/flood.py [--rate 10000] [--seconds 300] [--sensors 1000]

Goals of the issue: 10,000 messages/s for 5 minutes, none lost when paced within the broker's queue, GUI timer lateness
outside frames p95 ≤ 20 ms, memory flat.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "helpers"))


def publish(port: int, rate: int, seconds: float, sensors: int) -> None:
    """Publish at an even pace, QoS 1, over a plain socket: a client library would need more time than the receiver."""
    link = socket.create_connection(("127.0.0.1", port))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    name = b"flood"
    link.sendall(packet(0x10, b"\x00\x04MQTT\x04\x02\x00\x3c" + struct.pack("!H", len(name)) + name))
    link.recv(4)
    acknowledged = [0]

    def listen() -> None:
        while data := link.recv(65536):
            acknowledged[0] += len(data) // 4  # a PUBACK has four bytes

    threading.Thread(target=listen, daemon=True).start()
    topic = struct.pack("!H", 7) + b"flood/x"
    began, n = time.perf_counter(), 0
    while (ran := time.perf_counter() - began) < seconds:
        stamp = np.datetime_as_string(np.datetime64("now", "s"))
        parts = []
        for _ in range(min(int(ran * rate) - n, rate // 20)):
            # A millisecond of its own for each value of a sensor, so that none is a repeat.
            time_ = f"{stamp}.{(n // sensors) % 1000:03}Z"
            body = f'{{"sensor":"s{n % sensors}","quantity":"no2","value":{n % 97},"time":"{time_}","unit":"ug/m3"}}'
            parts.append(packet(0x32, topic + struct.pack("!H", n % 65_535 + 1) + body.encode()))
            n += 1
        if parts:
            link.sendall(b"".join(parts))
        time.sleep(0.005)
    until = time.monotonic() + 20
    while acknowledged[0] < n and time.monotonic() < until:
        time.sleep(0.05)
    print(n)
    link.close()


def packet(kind: int, body: bytes) -> bytes:
    """Return an MQTT packet: kind and flags, length, body."""
    length, head = len(body), bytearray([kind])
    while True:
        length, rest = divmod(length, 128)
        head.append(rest | (0x80 if length else 0))
        if not length:
            return bytes(head) + body


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--sensors", type=int, default=1000)
    parser.add_argument("--publish", type=int, metavar="PORT", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.publish:
        publish(args.publish, args.rate, args.seconds, args.sensors)
        return 0
    import servers

    with tempfile.TemporaryDirectory() as temporary:
        broker = servers.Mosquitto(Path(temporary), lines=("max_queued_messages 20000", "max_inflight_messages 1000"))
        try:
            flood(broker, Path(temporary), args)
        finally:
            broker.stop()
    return 0


def flood(broker: object, folder: Path, args: argparse.Namespace) -> None:
    import os

    os.environ.setdefault("QT_API", "pyside6")
    os.environ["TWIN_CONFIG_DIR"] = str(folder / "config")
    from PySide6.QtCore import QElapsedTimer, Qt, QTimer

    from twin.content import demo_project
    from twin.sensors.settings import FeedSettings
    from twin.ui.application import Application

    project = folder / "flood.twin"
    shutil.copytree(demo_project(), project)
    application = Application("en", None)
    window, app = application.window, application.qt
    window.unattended = True
    window.resize(1280, 800)
    window.show()

    def wait(what, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not what() and time.monotonic() < end:
            app.processEvents()
            time.sleep(0.01)

    window.session.open(project)
    wait(lambda: bool(window.sensing.read.streams), 60)
    window.panels.bring("sensors")
    window.timing.clock.set_live(True)
    window.sensing.show_quantity("no2")
    url = broker.url  # type: ignore[attr-defined]
    window.sensing.set_feeds([FeedSettings(id="flood", url=url, topics=("flood/#",), period_s=1.0)])
    wait(lambda: "1 of 1 connected" in window.sensing.note.text(), 20)
    wait(lambda: False, 8)
    process = psutil.Process()
    late: list[float] = []
    frames = [0]
    drawn = [0]
    clock = QElapsedTimer()
    beat = QTimer()
    beat.setTimerType(Qt.TimerType.PreciseTimer)

    def tick() -> None:
        took = clock.restart()
        if drawn[0] == frames[0]:
            late.append(max(took - 16.0, 0.0))
        drawn[0] = frames[0]

    def frame() -> None:
        frames[0] += 1

    window.viewport.drawn.connect(frame)
    beat.timeout.connect(tick)
    command = [sys.executable, __file__, "--publish", str(broker.port), "--rate", str(args.rate),  # type: ignore[attr-defined]
               "--seconds", str(args.seconds), "--sensors", str(args.sensors)]  # fmt: skip
    sender = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    clock.start()
    beat.start(16)
    memory = []
    began = time.monotonic()
    looked = 0.0
    while sender.poll() is None:
        app.processEvents()
        time.sleep(0.001)
        if time.monotonic() - looked > 5:
            looked = time.monotonic()
            memory.append(process.memory_info().rss / 1e6)
    ran = time.monotonic() - began
    assert sender.stdout is not None
    sent = int(sender.stdout.read())
    recorder = window.sensing.desk.recorder
    wait(lambda: recorder.tally.received + recorder.tally.lost >= sent, 60)
    beat.stop()
    tally = recorder.tally
    status = window.sensing.statuses["flood"]
    never = sent - status.received
    print(f"sent {sent:,} in {ran:.0f} s ({sent / ran:,.0f}/s); received {tally.received:,}, stored {tally.stored:,},")
    print(f"repeated {tally.repeated:,}, refused {tally.refused:,}, lost {tally.lost:,}, never came {never:,},")
    print(f"connected anew {status.reconnects} times;", status.error)
    q = np.percentile(late, (50, 95, 99, 100))
    print(f"GUI timer late between frames: p50 {q[0]:.1f}, p95 {q[1]:.1f} (goal 20), p99 {q[2]:.1f}, max {q[3]:.0f} ms")
    third = max(len(memory) // 3, 1)
    middle = np.mean(memory[third : 2 * third])
    print(f"memory {memory[0]:.0f} MB at first, {middle:.0f} midway, {memory[-1]:.0f} at the end; {frames[0]} frames")
    window.session.close()
    window.close()


if __name__ == "__main__":
    sys.exit(main())
