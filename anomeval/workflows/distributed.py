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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from importlib.metadata import version
from typing import Any

from anomeval.errors import AnomevalError, InvalidInputError, Problem, UsageError
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
        UsageError: Dask is not installed, or the cluster cannot be reached.
        InvalidInputError: with every problem of every image.
        AnomevalError: a shard has taken down one worker after the other, or the cluster is gone.
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
    found = client.run(version, "anomeval", on_error="return")
    unlike = [
        Problem(f"worker {address} has {_version_text(there)}, not anomeval {__version__}")
        for address, there in sorted(found.items())
        if there != __version__
    ]
    if unlike:
        raise UsageError([replace(unlike[0], remedy=_INSTALL), *unlike[1:]])


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
    finished = _distributed().as_completed(futures, loop=client.loop)
    del futures  # so that workers may forget a state once it is merged
    for future in finished:
        if future.status == "error":
            future.result()
        pace.take(*images_of[future.key])
    outcome: Outcome = whole.result()
    return outcome


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
        raise AnomevalError(f"{what} — give workers more memory") from None
    except (distributed.CancelledError, distributed.comm.CommClosedError) as error:
        raise AnomevalError(f"the connection to the cluster was lost ({error})") from None
    except RuntimeError as error:
        if "deserialization of the task graph" not in str(error):
            raise
        what = "the scheduler cannot begin: it does not know anomeval, or has another Dask"
        raise UsageError(Problem(what, remedy=_INSTALL)) from None
