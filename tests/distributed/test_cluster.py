"""On a real cluster of processes the result is the same to the last byte."""

import os
import signal

import pytest

import anomeval
from anomeval.errors import InvalidInputError, UsageError
from anomeval.evidence.state import state_bytes
from anomeval.predictions.preparation import PreparationRules
from anomeval.reporting.as_json import result_to_json
from anomeval.workflows import distributed
from anomeval.workflows.collecting import collect
from anomeval.workflows.collection import Collection
from anomeval.workflows.distributed import collect_distributed
from anomeval.workflows.merging import state_of
from anomeval.workflows.options import Splitting
from tests.distributed.conftest import FILES, IMAGES, write
from tests.support import run_here

RULES = PreparationRules()


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch):
    """Ranges of a few images, as of files of gigabytes."""
    monkeypatch.setattr(distributed, "_SHORTEST_SHARD", 16384)


def content_of(collection: Collection) -> bytes:
    """All evidence as bytes."""
    return state_bytes(state_of(collection, RULES, [], []))


@pytest.mark.parametrize(
    "splitting", [Splitting(), Splitting(("defect_type",)), Splitting(pool=True)]
)
def test_the_evidence_is_that_of_one_machine(client, files, splitting):
    """Byte for byte, with progress up to the last image."""
    told = []
    with anomeval.open_predictions(files) as predictions:
        spread = collect_distributed(
            predictions,
            RULES,
            splitting,
            cluster=client,
            progress=lambda done, total: told.append((done, total)),
        )
        alone = collect(predictions, RULES, splitting)
    assert spread.splitting == splitting
    assert content_of(spread) == content_of(alone)
    assert len(told) > FILES
    assert told == sorted(told)
    assert told[-1] == (FILES * IMAGES, FILES * IMAGES)


def test_a_worker_is_killed_on_the_way(client, files, tmp_path):
    """What it held and what it did is done again by another."""
    killed = []

    def kill_once(done: int, total: int) -> None:
        if not killed and done < total:
            address = next(worker for worker, keys in client.has_what().items() if keys)
            killed.append(client.run(os.getpid, workers=[address])[address])
            os.kill(killed[0], signal.SIGKILL)

    states = tmp_path / "spread.state", tmp_path / "alone.state"
    spread = anomeval.score(files, dask=client, save_to=states[0], progress=kill_once)
    alone = anomeval.score(files, save_to=states[1])
    assert result_to_json(spread.result) == result_to_json(alone.result)
    assert states[0].read_bytes() == states[1].read_bytes()
    client.wait_for_workers(2)
    assert killed
    assert killed[0] not in client.run(os.getpid).values()


def test_problems_of_all_shards_come_back_as_one_message(client, tmp_path, files):
    """In the order of the files, as where one machine reads them."""
    spoiled = [write(tmp_path / f"bad{n}.h5", "float32", n, spoiled=5 - n) for n in (1, 2)]
    paths = [files[0], spoiled[0], files[1], spoiled[1]]
    messages = []
    for options in ({}, {"dask": client}):
        with pytest.raises(InvalidInputError) as caught:
            anomeval.score(paths, **options)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert "bad1.h5, anomaly_map, image 4" in messages[1]
    assert "bad2.h5, anomaly_map, image 3" in messages[1]


def test_from_the_command_line(cluster, files, tmp_path, monkeypatch):
    """With relative paths, which workers look up from the directory of the command."""
    monkeypatch.chdir(files[0].parent)
    alone, spread = tmp_path / "alone.json", tmp_path / "spread.json"
    states = tmp_path / "alone.state", tmp_path / "spread.state"
    common = ["score", "shard*.h5", "--by", "category", "-q", "--json"]
    address = cluster.scheduler_address
    spread_run = run_here(*common, spread, "--save-state", states[1], "--dask", address)
    alone_run = run_here(*common, alone, "--save-state", states[0])
    assert spread_run.status == alone_run.status == 0
    assert spread_run.stderr == alone_run.stderr
    assert spread.read_bytes() == alone.read_bytes()
    assert states[1].read_bytes() == states[0].read_bytes()


def test_images_known_by_position_keep_their_names(client, tmp_path):
    """Even if files of the same name go to different workers."""
    paths = []
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        paths.append(write(tmp_path / folder / "test.h5", "float16", 3, names=False))
    spread = anomeval.score(paths, dask=client)
    assert spread.images() == anomeval.score(paths).images()
    assert spread.images()[0].image_path == "x/test#0"


def test_a_level_that_not_all_files_support_is_left_out(client, tmp_path, files):
    """A worker that sees only files with masks must not judge pixels either."""
    with anomeval.Writer(tmp_path / "scores.h5") as writer:
        writer.add(pred_score=[1.0, 1.5], gt_label=[0, 1], category=["bottle"] * 2)
    paths = [*files[:1], tmp_path / "scores.h5"]
    spread, alone = anomeval.score(paths, dask=client), anomeval.score(paths)
    assert spread.result == alone.result
    assert spread.result.data.pixels == 0


def test_processes_of_its_own(files):
    """`local:N` needs no cluster; Ctrl-C is not for its processes, which are gone afterwards."""
    with distributed.connected("local:1") as client:
        [worker] = client.run(os.getpid).values()
        assert set(client.run(signal.getsignal, signal.SIGINT).values()) == {signal.SIG_IGN}
        spread = anomeval.score(files[:2], dask=client)
    assert spread.result == anomeval.score(files[:2]).result
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_a_cluster_without_workers_is_told(monkeypatch, files):
    """Within a limit, and how to start one; nobody waits for ever."""
    dask = pytest.importorskip("distributed")
    monkeypatch.setattr(distributed, "_FIRST_WORKER", 0.2)
    with (
        dask.LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0") as empty,
        empty.get_client() as client,
        pytest.raises(UsageError, match=r"the cluster has no worker — start some: dask worker tcp"),
    ):
        anomeval.score(files, dask=client)


def test_a_cluster_that_loses_its_last_worker_is_told(monkeypatch, files):
    """It may come back for a while; then nothing will finish."""
    dask = pytest.importorskip("distributed")
    monkeypatch.setattr(distributed, "_LOOK_AGAIN", 0.1)
    monkeypatch.setattr(distributed, "_WITHOUT_WORKER", 0.5)
    with (
        dask.LocalCluster(n_workers=1, processes=False, dashboard_address="127.0.0.1:0") as cluster,
        cluster.get_client() as client,
    ):
        longest = distributed._longest_shard

        def lose_the_worker(*words):
            cluster.scale(0)
            while client.nthreads():
                cluster.sync(cluster._correct_state)
            return longest(*words)

        monkeypatch.setattr(distributed, "_longest_shard", lose_the_worker)
        with pytest.raises(UsageError, match="has lost its last worker — start some"):
            anomeval.score(files, dask=client)
