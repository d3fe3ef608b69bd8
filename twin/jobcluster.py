"""Work spread over the workers of a Dask scheduler: the same functions as in process, on more machines.

M. Rocklin, Dask: parallel computation with blocked algorithms and task scheduling, Proc. SciPy 2015,
doi:10.25080/Majora-7b98e3ed-013. Whoever starts the scheduler and the workers installs this program there; a worker
that dies is nothing to this side, as the scheduler gives its parts to others.
"""

from __future__ import annotations

import contextlib
import threading
from importlib import metadata
from typing import TYPE_CHECKING, Any

from twin.errors import BadInput, JobFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from twin.jobs import Job

PATIENCE = 10.0
"""Seconds a scheduler is given to answer."""
_LOOK = 0.5


class Cluster:
    """The workers of one scheduler.

    Parameters
    ----------
    address : str
        ``HOST:PORT`` or ``tcp://HOST:PORT``.

    Raises
    ------
    BadInput
        When Dask is not installed here, nothing answers, there are no workers, or one has another version of this
        program.
    """

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            raise BadInput(
                "--scheduler needs Dask, which is not installed: pip install 'stockholm-twin[cluster]'."
            ) from error
        self.address = address
        connect: Any = Client
        try:
            self._client: Any = connect(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise BadInput(
                "No Dask scheduler answers at {address}; expected HOST:PORT of one that runs.", address=address
            ) from error
        try:
            self._check()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the scheduler; it and its workers stay."""
        with contextlib.suppress(TimeoutError, OSError):
            self._client.close(timeout=PATIENCE)

    def results(
        self, function: Callable[[Any, Any], Any], shared: Any, parts: Sequence[Any], job: Job | None
    ) -> list[Any]:
        """Return ``function(shared, part)`` of each part, in order; see :func:`spread`."""
        from distributed import KilledWorker

        common = self._client.scatter(shared, broadcast=True, hash=False)
        # pure=False: equal parts of two questions are not one
        futures = [self._client.submit(function, common, part, pure=False) for part in parts]
        waiting, changed = set(futures), threading.Event()
        for future in futures:
            future.add_done_callback(lambda _future: changed.set())
        try:
            while waiting:
                changed.wait(_LOOK)
                changed.clear()
                for future in [one for one in waiting if one.done()]:
                    future.result()
                    waiting.remove(future)
                if job is not None:
                    done = len(parts) - len(waiting)
                    job.progress(done / len(parts), "{done} of {all} parts", done=done, all=len(parts))
            return list(self._client.gather(futures))
        except KilledWorker as error:
            raise JobFailed(
                "A part of the work brought down one worker after the other.", details=str(error)
            ) from error
        finally:
            self._client.cancel(futures, force=True)

    def _check(self) -> None:
        workers = self._client.scheduler_info(n_workers=-1)["workers"]
        if not workers:
            raise BadInput("The scheduler at {address} has no workers.", address=self.address)
        here = version()
        for worker, found in self._client.run(version, on_error="return").items():
            if found != here:
                raise BadInput(
                    "Worker {worker} has version «{found}» of this program; all need {here}.", worker=worker,
                    found=str(found), here=here,
                )  # fmt: skip


def version() -> str:
    """Return the version of this program."""
    return metadata.version("stockholm-twin")


def spread(function: Callable[[Any, Any], Any], shared: Any, parts: Sequence[Any], job: Job | None = None) -> list[Any]:
    """Do work part by part: on the cluster of the job where it has one, else here, one after the other.

    Parameters
    ----------
    function : callable
        ``function(shared, part)``; importable (module level), as it travels to workers by name.
    shared : object
        What all parts need; it travels once.
    parts : sequence
    job : Job, optional
        Hears of each part, can stop between them, and knows the cluster.

    Returns
    -------
    list
        What the function returned, in the order of the parts.

    Raises
    ------
    JobFailed
        When a part brought down one worker after the other.
    """
    cluster: Cluster | None = None if job is None else job.cluster
    if cluster is not None and parts:
        return cluster.results(function, shared, parts, job)
    done = []
    for number, one in enumerate(parts):
        if job is not None:
            job.progress(number / len(parts), "{done} of {all} parts", done=number, all=len(parts))
        done.append(function(shared, one))
    return done


@contextlib.contextmanager
def cluster_of(address: str | None) -> Iterator[Cluster | None]:
    """Give the cluster at an address for a while, None where none is asked for."""
    if not address:
        yield None
        return
    cluster = Cluster(address)
    try:
        yield cluster
    finally:
        cluster.close()
