"""How files are divided, what a worker does with a shard, and what it says if it cannot."""

import sys
from dataclasses import replace
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

import anomeval
from anomeval.errors import AnomevalError, Problem, UsageError
from anomeval.evidence.state import load_state
from anomeval.predictions.layouts.foreign import Reading
from anomeval.predictions.opening import opened
from anomeval.predictions.preparation import PreparationRules
from anomeval.version import __version__
from anomeval.workflows import distributed
from anomeval.workflows.collecting import collect
from anomeval.workflows.collection import content_digest
from anomeval.workflows.distributed_shards import (
    Order,
    collect_shard,
    merge_outcomes,
    shards_of,
    stored_bytes,
)
from anomeval.workflows.merging import collection_of
from anomeval.workflows.options import Splitting
from tests.distributed.conftest import IMAGES, write
from tests.layouts.samples import samples, write_masks, write_tree

ORDER = Order(
    PreparationRules(),
    Splitting(),
    Reading(),
    frozenset({"anomaly_map", "gt_mask", "image_path", "category", "defect_type"}),
    True,
)


@pytest.fixture
def predictions(files):
    """All files as one data set."""
    with anomeval.open_predictions(files) as opened:
        yield opened


@pytest.mark.parametrize("longest", [1, 10_000, 1 << 30])
def test_every_image_is_in_one_shard(predictions, longest):
    """However long a shard may be, down to one image each."""
    seen = [
        (shard.path, index)
        for shard in shards_of(predictions, longest)
        for index in range(shard.start, shard.stop)
    ]
    assert seen == [(entry.file, entry.index) for entry in predictions.entries]
    if longest == 1:
        assert all(shard.stop - shard.start == 1 for shard in shards_of(predictions, longest))


def test_what_can_only_be_read_in_order_is_not_divided(tmp_path):
    """Each shard would read it from the beginning."""
    path = tmp_path / "test.npz"
    np.savez_compressed(path, anomaly_map=np.eye(9)[:, None], gt_label=np.arange(9) % 2)
    [shard] = shards_of(anomeval.open_predictions(path), 1)
    assert (shard.start, shard.stop) == (0, 9)


def test_a_shard_becomes_a_state(predictions):
    """Of its images alone, with the settings and the fields of the whole."""
    shard = next(shards_of(predictions, 10_000))
    assert shard.stop < IMAGES
    header = load_state(collect_shard(shard, ORDER)).header
    assert header.images == shard.stop - shard.start
    assert header.files == (shard.path,)
    assert header.fields == ORDER.fields
    assert header.has_pixels


def test_a_tree_is_divided_too(tmp_path):
    """Its truth lies elsewhere, and its shards are worth the whole."""
    maps = write_tree(tmp_path / "maps", samples())
    reading = Reading(truth=write_masks(tmp_path / "data", samples()))
    with opened(maps, reading) as predictions:
        shards = list(shards_of(predictions, stored_bytes(str(maps)) // 3))
        whole = collect(predictions, PreparationRules(), Splitting())
        fields = predictions.fields
    assert sum(shard.stop - shard.start for shard in shards) == len(samples())
    assert len(shards) == 3
    order = Order(PreparationRules(), Splitting(), reading, fields, True)
    merged = load_state(merge_outcomes([collect_shard(shard, order) for shard in shards]))
    assert content_digest(collection_of(merged).rows()) == content_digest(whole.rows())


def test_problems_outweigh_states(predictions):
    """All of them, in order."""
    state = collect_shard(next(shards_of(predictions, 1)), ORDER)
    one, two, three = (Problem(text) for text in ("one", "two", "three"))
    assert merge_outcomes([state, (one, two), state, (three,)]) == (one, two, three)


def test_a_worker_that_does_not_see_the_file_says_so(predictions):
    """With its name, and the path as it was typed."""
    shard = replace(next(shards_of(predictions, 1)), path="typed.h5", location="/no/such.h5")
    [problem] = collect_shard(shard, ORDER)
    assert problem.file == "typed.h5"
    assert "which must see the same files: does not exist" in problem.what


def test_a_worker_that_sees_another_file_says_so(tmp_path):
    """A file of the same name with other images."""
    path = write(tmp_path / "test.h5", "uint8", 1)
    [shard] = shards_of(anomeval.open_predictions(path), 1 << 30)
    with h5py.File(path, "r+") as file:
        file["category"][3] = "other"
    [problem] = collect_shard(shard, ORDER)
    assert problem.file == str(path)
    assert problem.what.startswith("is another file on worker")


def test_workers_of_another_version_are_refused(predictions):
    """Each by its address, before any work."""
    versions = {
        "tcp://a:1": __version__,
        "tcp://b:1": "0.0.1",
        "tcp://c:1": ModuleNotFoundError("anomeval"),
    }
    client = SimpleNamespace(run=lambda *_, **__: versions, wait_for_workers=lambda *_, **__: None)
    with pytest.raises(UsageError) as caught:
        distributed.collect_distributed(predictions, PreparationRules(), cluster=client)
    assert "tcp://a:1" not in str(caught.value)
    assert "worker tcp://b:1 has anomeval 0.0.1, not anomeval" in str(caught.value)
    assert "worker tcp://c:1 has no anomeval" in str(caught.value)


def test_without_dask(predictions, monkeypatch):
    """The extra is named."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'anomeval\[dask\]'"):
        distributed.collect_distributed(predictions, PreparationRules(), cluster="local:1")


@pytest.mark.parametrize(
    "address", ["local:0", "local:two", "nowhere", "carrier://pigeon:1", "tcp://127.0.0.1:9"]
)
def test_clusters_that_cannot_be_reached(predictions, monkeypatch, address):
    """A usage error with the address, not a defect."""
    pytest.importorskip("distributed")
    monkeypatch.setattr(distributed, "_CONNECTING", "200ms")
    with pytest.raises(UsageError, match=f"--dask {address}: "):
        distributed.collect_distributed(predictions, PreparationRules(), cluster=address)


def test_a_cluster_that_gives_up_is_no_defect_of_ours():
    """What Dask raises becomes a message."""
    dask = pytest.importorskip("distributed")
    worker = SimpleNamespace(address="tcp://w:1")
    for error, told in [
        (dask.scheduler.KilledWorker("shard", worker, 3), "one worker after the other"),
        (dask.CancelledError("shard"), "connection to the cluster was lost"),
        (RuntimeError("Error during deserialization of the task graph."), "scheduler cannot"),
    ]:
        with pytest.raises(AnomevalError, match=told), distributed._cluster_errors():
            raise error
    with pytest.raises(RuntimeError, match="other"), distributed._cluster_errors():
        raise RuntimeError("other")
