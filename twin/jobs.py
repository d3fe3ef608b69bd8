"""Background work: children that are started for one task, and the long-lived engine process.

A child is a fresh interpreter that takes its work through its standard input and answers through its standard
output, so nothing depends on fork, on the caller's ``__main__`` module or on the operating system. Whatever
happens in it (an exception, a segmentation fault, a kill for lack of memory) reaches the parent as the
``error`` of a :class:`Task`. A child that loses its parent ends itself.

Functions sent to a child are importable (module level), take a keyword ``job`` and call ``job.progress`` or
``job.check`` often; the same functions can be called in process with a plain :class:`Job`.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import signal
import sys
import threading
import traceback
from collections import deque
from typing import TYPE_CHECKING, Any

from twin import jobwire
from twin.errors import Cancelled, JobFailed, TwinError
from twin.jobprocess import GRACE, Child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

STALE_GRACE = 5.0
"""Seconds the engine is given to notice that a newer task took a task's place, before its warm state is lost."""
_log = logging.getLogger(__name__)


class Job:
    """What work tells its caller while it runs, and how it learns that it should stop.

    Parameters
    ----------
    report : callable, optional
        Called with fraction (0–1), text (English of the catalogue) and the text's fields.
    cancelled : callable, optional
        Says whether the user wants the work to stop.
    give : callable, optional
        Takes what is finished before the work ends.
    cluster : twin.jobcluster.Cluster, optional
        Machines that parts of the work may be done on, see :func:`twin.jobcluster.spread`.
    """

    def __init__(
        self,
        report: Callable[[float, str, Mapping[str, object]], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        give: Callable[[object], None] | None = None,
        cluster: Any = None,
    ) -> None:
        self._report = report
        self._cancelled = cancelled
        self._give = give
        self.cluster = cluster

    def progress(self, fraction: float, text: str = "", **fields: object) -> None:
        """Tell how far the work is; raises Cancelled when the user stopped it."""
        self.check()
        if self._report is not None:
            self._report(min(max(float(fraction), 0.0), 1.0), text, fields)

    def check(self) -> None:
        """Raise Cancelled when the user stopped the work."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled

    def give(self, found: object) -> None:
        """Hand over what is finished already; it can be pickled. Raises Cancelled when the user stopped the work."""
        self.check()
        if self._give is not None:
            self._give(found)

    def part(self, low: float, high: float, step: str = "") -> Job:
        """Return a Job whose 0–1 is ``low``–``high`` of this one, for a step of the work.

        A step with a name says it with each report: the fields get ``step`` and how far it is by itself, ``within``.
        """
        report = self._report

        def inner(fraction: float, text: str, fields: Mapping[str, object]) -> None:
            if report is not None:
                named = {**fields, "step": step, "within": fraction} if step else fields
                report(low + fraction * (high - low), text, named)

        return Job(inner, self._cancelled, self._give, self.cluster)


class Task:
    """Work in another process: how far it is, and its result or error at the end.

    Attributes
    ----------
    title : str
        What it does, for people.
    running : bool
        True until it has a result or an error.
    fraction, text, fields
        Latest progress; ``text`` is English of the catalogue, filled by ``fields``.
    result : object
        What the function returned.
    error : TwinError or None
        Why there is no result; ``error.fields["details"]`` of a JobFailed holds the technical end.
    """

    def __init__(
        self,
        title: str,
        work: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]],
        on_progress: Callable[[Task], object] | None,
        on_done: Callable[[Task], object] | None,
        on_given: Callable[[Task, Any], object] | None = None,
    ) -> None:
        self.title = title or work[0].__name__.replace("_", " ")
        self.fraction = 0.0
        self.text = ""
        self.fields: Mapping[str, object] = {}
        self.result: Any = None
        self.error: TwinError | None = None
        self._number = next(_numbers)
        self._work = work
        self._on_progress = on_progress
        self._on_done = on_done
        self._on_given = on_given
        self._cancelled = threading.Event()
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._child: Child | None = None

    @property
    def running(self) -> bool:
        """Whether it still waits or works."""
        return not self._done.is_set()

    def cancel(self, grace: float = GRACE) -> None:
        """Ask the work to stop; its process is killed if it still works after ``grace`` seconds."""
        with self._lock:
            if self._done.is_set():
                return
            self._cancelled.set()
            child = self._child
        if child is not None:
            threading.Thread(target=self._stop, args=(child, grace), daemon=True).start()

    def wait(self, timeout: float | None = None) -> Any:
        """Wait for the end; return the result or raise the error (TimeoutError when it is not done by then)."""
        if not self._done.wait(timeout):
            raise TimeoutError(self.title)
        if self.error is not None:
            raise self.error
        return self.result

    def _stop(self, child: Child, grace: float) -> None:
        child.send(jobwire.pack("cancel", self._number), grace)
        self._done.wait(grace)
        with self._lock:  # the engine's child must not be killed in its next task
            if self._child is child:
                child.kill()

    def _attach(self, child: Child) -> bool:
        with self._lock:
            self._child = child
            return not self._cancelled.is_set()

    def _progressed(self, fraction: float, text: str, fields: Mapping[str, object]) -> None:
        self.fraction = fraction
        if text:
            self.text, self.fields = text, fields
        elif fields:
            self.fields = {**self.fields, **fields}
        if not self._cancelled.is_set():
            self._call(self._on_progress, self)

    def _given(self, found: Any) -> None:
        if not self._cancelled.is_set():
            self._call(self._on_given, self, found)

    def _finish(self, result: Any, error: TwinError | None) -> None:
        with self._lock:
            if self._done.is_set():
                return
            self._child = None
            if self._cancelled.is_set():
                result, error = None, Cancelled()
            self.result, self.error = result, error
            self._work = (_nothing, (), {})
            # whoever listened may go, also where a thread or a list still holds the task
            on_done, self._on_progress, self._on_given, self._on_done = self._on_done, None, None, None
            self._done.set()
        self._call(on_done, self)

    def _call(self, callback: Callable[..., object] | None, *args: object) -> None:
        if callback is not None:
            try:
                callback(*args)
            except Exception:
                _log.exception("a listener of the task «%s» failed", self.title)


def start(
    function: Callable[..., Any],
    *args: Any,
    title: str = "",
    on_progress: Callable[[Task], object] | None = None,
    on_done: Callable[[Task], object] | None = None,
    **kwargs: Any,
) -> Task:
    """Run ``function(*args, **kwargs, job=…)`` in a child process of its own.

    Parameters
    ----------
    function : callable
        Importable by its module and name; arguments and result can be pickled.
    title : str
        What it does, for people.
    on_progress, on_done : callable, optional
        Called with the Task from a watcher thread; ``on_done`` exactly once.

    Returns
    -------
    Task
        At once; the child is started by the watcher thread.
    """
    task = Task(title, (function, args, kwargs), on_progress, on_done)
    threading.Thread(target=_run_once, args=(task,), name=f"watch {task.title}", daemon=True).start()
    return task


def warm(*modules: str) -> None:
    """Keep one spare child ready that has imported ``modules``, so that the next task starts at once.

    Without modules none is kept any longer.
    """
    global _warm_modules, _spare
    with _spare_lock:
        old, _spare, _warm_modules = _spare, None, modules
    if old is not None:
        old.end()
    _fill_spare()


class Engine:
    """One long-lived process that does tasks one after another and keeps what its functions keep.

    Parameters
    ----------
    modules : str
        Imported when the process starts.
    """

    def __init__(self, *modules: str) -> None:
        self._modules = modules
        self._tasks: deque[tuple[object, Task]] = deque()
        self._current: tuple[object, Task] | None = None
        self._changed = threading.Condition()
        self._closed = False
        self._child: Child | None = None
        self._thread = threading.Thread(target=self._serve, name="engine", daemon=True)
        self._thread.start()

    def __enter__(self) -> Engine:
        """Return itself; leaving the block closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(
        self,
        function: Callable[..., Any],
        *args: Any,
        key: object = None,
        title: str = "",
        on_progress: Callable[[Task], object] | None = None,
        on_done: Callable[[Task], object] | None = None,
        on_given: Callable[[Task, Any], object] | None = None,
        **kwargs: Any,
    ) -> Task:
        """Queue work as :func:`start` does; ``on_given`` is called with all that it gives before its end.

        A ``key`` that is not None names the question: an earlier task with the same key is stale, it ends as
        Cancelled and its answer is dropped.
        """
        task = Task(title, (function, args, kwargs), on_progress, on_done, on_given)
        with self._changed:
            if self._closed:
                raise JobFailed("The engine is closed.")
            waiting = list(self._tasks)
            stale = [t for k, t in waiting if key is not None and k == key]
            self._tasks = deque((k, t) for k, t in waiting if t not in stale)
            current = self._current
            self._tasks.append((key, task))
            self._changed.notify()
        for old in stale:
            old.cancel()
            old._finish(None, None)
        if key is not None and current is not None and current[0] == key:
            current[1].cancel(STALE_GRACE)
        return task

    def close(self) -> None:
        """Stop everything and end the process; tasks that still waited end as Cancelled."""
        with self._changed:
            self._closed = True
            left = [task for _, task in self._tasks]
            self._tasks.clear()
            if self._current is not None:
                left.append(self._current[1])
            self._changed.notify()
        for task in left:
            task.cancel()
            if task._child is None:
                task._finish(None, None)
        self._thread.join(2 * GRACE)

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._current = None
                self._changed.wait_for(lambda: self._tasks or self._closed)
                if self._closed:
                    break
                self._current = self._tasks.popleft()
                task = self._current[1]
            self._child = _living(self._child) or _launch(task, self._modules)
            if self._child is not None:
                _work_in(self._child, task)
        if self._child is not None:
            self._child.end()


_numbers = itertools.count(1)
_spare: Child | None = None
_spare_lock = threading.Lock()
_warm_modules: tuple[str, ...] = ()


def _nothing() -> None:
    """Stand where a finished task held its function and arguments, so that their memory is free."""


def _fill_spare() -> None:
    global _spare
    with _spare_lock:
        if _warm_modules:
            _spare = _living(_spare) or Child(_warm_modules)


def _living(child: Child | None) -> Child | None:
    """Return the child if it lives; bury it if it died while it waited."""
    if child is not None and not child.alive:
        _log.warning("a waiting child ended with code %s\n%s", *child.end())
        return None
    return child


def _launch(task: Task, modules: Iterable[str]) -> Child | None:
    try:
        return Child(modules)
    except OSError as error:
        task._finish(None, JobFailed("«{title}» could not be started: {reason}", title=task.title, reason=error))
        return None


def _run_once(task: Task) -> None:
    global _spare
    with _spare_lock:
        child, _spare = _spare, None
    child = _living(child) or _launch(task, ())
    if child is None:
        return
    _work_in(child, task)
    _, words = child.end()
    if words:
        _log.info("«%s» said:\n%s", task.title, words)
    with contextlib.suppress(OSError):
        _fill_spare()


def _work_in(child: Child, task: Task) -> None:
    """Send a task, listen until it ends, finish it."""
    if not task._attach(child):
        task._finish(None, None)
        return
    try:
        if task._work[0].__module__ == "__main__":
            raise ValueError("a function of the script itself cannot be sent; put it in a module")
        parts = jobwire.pack("task", task._number, task._work, sys.path)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        task._finish(None, JobFailed("«{title}» could not be started: {reason}", title=task.title, reason=reason))
        return
    child.send(parts)
    del parts
    try:
        result, failure = _listen(child, task)
    except Exception as error:  # the answer cannot be opened here
        result, failure = None, _failed(task, error, traceback.format_exc())
        child.end()
    task._finish(result, failure)


def _listen(child: Child, task: Task) -> tuple[Any, TwinError | None]:
    while True:
        message = child.receive()
        if message is None:
            return None, _obituary(child, task)
        if message.number != task._number:
            continue
        body = message.open()
        if message.kind == "progress":
            task._progressed(*body)
        elif message.kind == "given":
            task._given(body)
        elif message.kind == "done":
            return body, None
        else:
            error, details = body
            return None, error if isinstance(error, TwinError) else _failed(task, error, details)


def _failed(task: Task, reason: object, details: str) -> JobFailed:
    _log.error("«%s» failed:\n%s", task.title, details)
    return JobFailed("«{title}» failed: {reason}", title=task.title, reason=reason, details=details)


def _obituary(child: Child, task: Task) -> JobFailed:
    code, details = child.end()
    if not task._cancelled.is_set():
        _log.error("«%s»: its process ended with code %s\n%s", task.title, code, details)
    if code == -getattr(signal, "SIGKILL", 9):
        return JobFailed(
            "«{title}» was ended by the system, most likely because memory ran out. Close other programs or take "
            "a smaller area.",
            title=task.title,
            details=details,
        )
    name = signal.Signals(-code).name if code < 0 else hex(code) if code > 255 else str(code)
    return JobFailed(
        "«{title}» crashed ({code}). Nothing else was lost; the details are in the log.",
        title=task.title,
        code=name,
        details=details,
    )
