"""Collecting evidence on a Dask cluster.

The files are divided into shards: a whole file, or a range of its images where it is large and can
be read from anywhere. A task collects the evidence of a shard and hands it back as the compact
bytes of a state; further tasks merge eight states into one until a single one is left, and only
that travels to whoever asked. Dask finds workers, moves states between them, and repeats what was
lost with a worker; since evidence is exact, none of that can show in the result.

Scheduler and workers need the same version of anomeval, and workers must see the files under the
same paths; relative paths are looked up from the directory of whoever asks.
"""

import logging
import os
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from importlib.metadata import version
from queue import Empty, SimpleQueue
from typing import Any

from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.evidence.state import load_state
from anomeval.parallel import job_count
from anomeval.predictions.layouts.foreign import Reading
from anomeval.predictions.prediction_set import PredictionSet
from anomeval.predictions.preparation import PreparationRules
from anomeval.predictions.progress import Pace, Progress
from anomeval.predictions.record import ImageEntry
from anomeval.version import __version__
from anomeval.workflows.collecting import has_pixel_level
from anomeval.workflows.collection import Collection
from anomeval.workflows.distributed_shards import (
    Order,
    Outcome,
    Shard,
    collect_shard,
    merge_outcomes,
    shards_of,
    stored_bytes,
)
from anomeval.workflows.merging import collection_of
from anomeval.workflows.options import Splitting

_MERGED_AT_ONCE = 8
_SHARDS_PER_THREAD = 4
_SHORTEST_SHARD = 16 << 20  # bytes of a file
_LONGEST_SHARD = 256 << 20
_CONNECTING = "15s"
_FIRST_WORKER = 30.0  # seconds that a cluster has to find one
_WITHOUT_WORKER = 60.0  # seconds in which a lost one may come back
_LOOK_AGAIN = 2.0  # seconds between looks at who is there
_INSTALL = "install this version of anomeval[dask] on the scheduler and on every worker"


def collect_distributed(
    predictions: PredictionSet,
    rules: PreparationRules,
    splitting: Splitting | None = None,
    *,
    cluster: Any,
    reading: Reading | None = None,
    progress: Progress | None = None,
) -> Collection:
    """Collect the evidence of all images on a Dask cluster; the same evidence as from `collect`.

    Args:
        predictions: what to read, opened here.
        rules: how stored values become evidence.
        splitting: how evidence is kept apart.
        cluster: address of a scheduler (`tcp://host:8786`), `local` or `local:N` for N processes
            on this machine, or a `distributed.Client`.
        reading: how the files were opened.
        progress: told after each shard how many images are done, and how many there are.

    Raises:
        UsageError: Dask is not installed; the cluster cannot be reached, has no worker, or has lost
            its last; a shard has taken down one worker after the other.
        InvalidInputError: with every problem of every image.
    """
    order = Order(
        rules,
        splitting or Splitting(),
        _anywhere(reading or Reading()),
        predictions.fields,
        has_pixel_level(predictions),
    )
    with connected(cluster) as client, _cluster_errors():
        _check_workers(client)
        shards = list(shards_of(predictions, _longest_shard(predictions, client)))
        files = {file.path: file.entries for file in predictions.files}
        images = [files[shard.path][shard.start : shard.stop] for shard in shards]
        outcome = _computed(client, shards, order, images, Pace(predictions.entries, progress))
    if not isinstance(outcome, bytes):
        raise InvalidInputError(outcome)
    return collection_of(load_state(outcome))


@contextmanager
def connected(cluster: Any) -> Iterator[Any]:
    """A client of the cluster; closed at the end unless it was given.

    Raises:
        UsageError: Dask is not installed, or the cluster cannot be reached.
    """
    if not isinstance(cluster, str):
        yield cluster
        return
    distributed = _distributed()
    if cluster.partition(":")[0] == "local":
        with _local(distributed, cluster) as local, local.get_client() as client:
            client.run(_leave_interrupts)
            yield client
        return
    try:
        distributed.comm.resolve_address(cluster)
        client = distributed.Client(cluster, timeout=_CONNECTING, set_as_default=False)
    except (OSError, ValueError) as error:
        remedy = "name a running scheduler, as tcp://host:8786, or local for this machine"
        what = f"--dask {cluster}: no connection ({error})"
        raise UsageError(Problem(what, remedy=remedy)) from None
    with client:
        yield client


def _distributed() -> Any:
    try:
        return import_module("distributed")
    except ImportError:
        remedy = "pip install 'anomeval[dask]'"
        raise UsageError(Problem("--dask needs Dask", remedy=remedy)) from None


def _local(distributed: Any, cluster: str) -> Any:
    """Processes on this machine: as many as `local:N` says, or one for each core."""
    _, _, number = cluster.partition(":")
    if number and not (number.isdecimal() and int(number)):
        raise UsageError(f"--dask {cluster}: write local or local:N, with N from 1")
    return distributed.LocalCluster(
        n_workers=int(number or job_count()),
        threads_per_worker=1,
        processes=True,
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
    )


def _check_workers(client: Any) -> None:
    """Refuse workers that could not begin: they would be lost one after the other."""
    try:
        client.wait_for_workers(1, timeout=_FIRST_WORKER)
    except TimeoutError:
        raise UsageError(_no_worker(client, "has no worker")) from None
    found = client.run(version, "anomeval", on_error="return")
    unlike = [
        Problem(f"worker {address} has {_version_text(there)}, not anomeval {__version__}")
        for address, there in sorted(found.items())
        if there != __version__
    ]
    if unlike:
        raise UsageError([replace(unlike[0], remedy=_INSTALL), *unlike[1:]])


def _no_worker(client: Any, what: str) -> Problem:
    address = client.scheduler.address if client.scheduler else "the scheduler"
    return Problem(f"the cluster {what}", remedy=f"start some: dask worker {address}")


def _version_text(found: object) -> str:
    return f"anomeval {found}" if isinstance(found, str) else "no anomeval"


def _leave_interrupts() -> None:
    """In a worker on this terminal: Ctrl-C is for the command, which then ends the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _anywhere(reading: Reading) -> Reading:
    """The same for a worker, which has another working directory, and threads: no forks."""
    truth = None if reading.truth is None else os.path.abspath(reading.truth)
    return replace(reading, fields=dict(reading.fields), truth=truth, isolated=False)


def _longest_shard(predictions: PredictionSet, client: Any) -> int:
    """Bytes of a file above which it is divided: enough shards for all, none of them tiny."""
    threads = sum(client.nthreads().values()) or 1
    everything = sum(stored_bytes(file.path) for file in predictions.files)
    fair = everything // (threads * _SHARDS_PER_THREAD)
    return min(max(fair, _SHORTEST_SHARD), _LONGEST_SHARD)


def _computed(
    client: Any,
    shards: Sequence[Shard],
    order: Order,
    images: Sequence[Sequence[ImageEntry]],
    pace: Pace,
) -> Outcome:
    """Let the cluster collect all shards and merge the states."""
    futures = client.map(collect_shard, shards, order=order, pure=False)
    images_of = {future.key: entries for future, entries in zip(futures, images, strict=True)}
    whole = _tree(client, futures)
    finished = _finished(client, futures)
    del futures
    for future in finished:
        if future.status == "error":
            future.result()
        pace.take(*images_of[future.key])
    (last,) = _finished(client, [whole])
    outcome: Outcome = last.result()
    return outcome


def _finished(client: Any, waiting: Iterable[Any]) -> Iterator[Any]:
    """Futures as they finish; each is let go of before the next.

    Raises:
        UsageError: there has been no worker for a while, so nothing will finish.
    """
    done: SimpleQueue[Any] = SimpleQueue()
    left = 0
    for future in waiting:
        future.add_done_callback(done.put)
        left += 1
    del waiting, future  # so that workers may forget a state once it is merged
    worked = time.monotonic()
    while left:
        try:
            yield done.get(timeout=_LOOK_AGAIN)
            left -= 1
            worked = time.monotonic()
        except Empty:
            if client.nthreads():
                worked = time.monotonic()
            elif time.monotonic() - worked > _WITHOUT_WORKER:
                raise UsageError(_no_worker(client, "has lost its last worker")) from None


def _tree(client: Any, level: Sequence[Any]) -> Any:
    """Tasks that merge neighbours until one is left."""
    while len(level) > 1:
        groups = [
            level[start : start + _MERGED_AT_ONCE]
            for start in range(0, len(level), _MERGED_AT_ONCE)
        ]
        level = [
            client.submit(merge_outcomes, group, pure=False) if len(group) > 1 else group[0]
            for group in groups
        ]
    return level[0]


@contextmanager
def _cluster_errors() -> Iterator[None]:
    """Say what it means when the cluster cannot begin or gives up."""
    distributed = _distributed()
    try:
        yield
    except distributed.scheduler.KilledWorker as error:
        what = f"one worker after the other was lost over the same shard: {error}"
        raise UsageError(Problem(what, remedy="give workers more memory")) from None
    except (distributed.CancelledError, distributed.comm.CommClosedError) as error:
        what = f"the connection to the cluster was lost ({error})"
        raise UsageError(Problem(what, remedy="see what became of the scheduler")) from None
    except RuntimeError as error:
        if "deserialization of the task graph" not in str(error):
            raise
        what = "the scheduler cannot begin: it does not know anomeval, or has another Dask"
        raise UsageError(Problem(what, remedy=_INSTALL)) from None
