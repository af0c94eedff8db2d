"""Under load, on sound and on damaged files: nothing piles up, and no run disturbs another."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path
from platform import libc_ver
from random import Random
from typing import Any, NamedTuple

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.layouts.samples import samples, write_masks, write_tree
from tests.support import clean_environment, run_here

SAMPLE_DATA = Path(__file__).parents[2] / "sample_data"

SIZE = 512  # an image is 1 MiB as float32
IMAGE = 4 * SIZE * SIZE

RUNS = 200

FILES, WARM_FILES = 120, 20
ROUNDS, WARM_ROUNDS = 18, 6

pytestmark = pytest.mark.skipif(
    not os.path.exists("/proc/self/statm") or libc_ver()[0] != "glibc",
    reason="needs /proc and glibc",
)


class Kind(NamedTuple):
    """A command that runs many times. told: what must be in its messages."""

    status: int
    words: Sequence[object]
    outputs: Sequence[str] = ()
    told: str = ""


def soak(way: str, plan: Mapping[str, Any], **environment: str) -> Any:
    """What a process of its own has seen, see `soaking`."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.soaking", way],
        input=json.dumps(plan, default=str),
        capture_output=True,
        text=True,
        cwd=SAMPLE_DATA.parent,
        env=clean_environment(OPENBLAS_NUM_THREADS="1", **environment),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def write_maps(path: Path, maps: NDArray[Any], masks: NDArray[Any]) -> Path:
    """By the suffix: HDF5 with an image to a chunk, or NPZ."""
    if path.suffix == ".npz":
        np.savez_compressed(path, anomaly_map=maps, gt_mask=masks)
        return path
    with h5py.File(path, "w") as file:
        for name, array in (("anomaly_map", maps), ("gt_mask", masks)):
            chunks = (1, *array.shape[1:])
            file.create_dataset(name, data=array, chunks=chunks, compression=1)
    return path


def images(count: int, size: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Maps of few different scores, which are small as evidence, and masks of few pixels."""
    random = np.random.default_rng(count)
    masks = np.zeros((count, size, size), np.uint8)
    masks[1::2, 2:6, 3:8] = 1
    return random.integers(0, 64, masks.shape).astype(np.float32) + masks, masks


def damaged(path: Path, sound: Path, place: int) -> Path:
    """A copy of which a bit is another."""
    content = bytearray(sound.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    return path


@pytest.fixture
def kinds(tmp_path: Path) -> dict[str, Kind]:
    """Commands on the sample data, and on files that are damaged in every way."""
    here = tmp_path / "inputs"
    here.mkdir()
    test, val = SAMPLE_DATA / "knn/test.h5", SAMPLE_DATA / "knn/val.h5"
    fit, result, other = here / "fit.json", here / "result.json", here / "other.json"
    assert run_here("fit", val, "-o", fit).status == 0
    assert run_here("score", test, "--fit", fit, "--json", result).status == 0
    pca = ("score", SAMPLE_DATA / "pca/test.h5", "--json", other, "--no-confidence")
    assert run_here(*pca).status == 0

    (here / "cut.h5").write_bytes(test.read_bytes()[:-9000])
    for name, field, row, value in (
        ("nan.h5", "anomaly_map", (7, 3, 4), np.nan),
        ("label.h5", "gt_label", 9, 2),
    ):
        shutil.copy(test, here / name)
        with h5py.File(here / name, "a") as file:
            file[field][row] = value
    maps, masks = images(6, 64)
    packed = write_maps(here / "sound.npz", maps, masks)
    damaged(here / "bit.npz", packed, 900)
    tree = write_masks(write_tree(here / "tree", samples()), samples())
    shutil.copytree(tree, here / "cut_tree")
    torn = here / "cut_tree/bottle/test/bent/001.tiff"
    torn.write_bytes(torn.read_bytes()[:-9])
    (here / "edited.json").write_text(fit.read_text("utf-8").replace('"image"', '"imago"', 1))
    quick, all_of_it = "--no-confidence", ("--replicates", "20")
    by = ("score", test, "--fit", fit, "--by", "category", quick, "-q")
    per_image = ("--csv", "v.csv", "--per-image", "i.jsonl", "--save-state", "s.state")
    skip = ("score", here / "nan.h5", "--skip-bad", quick, "--json", "r.json")
    to_json = ("--json", "r.json")
    return {
        "scored": Kind(0, ["score", test, *all_of_it, *to_json], ["r.json"]),
        "fitted": Kind(0, [*by, *per_image], ["v.csv", "i.jsonl", "s.state"]),
        "fit": Kind(0, ["fit", val, "-o", "fit.json"], ["fit.json"], "wrote fit.json"),
        "applied": Kind(0, ["apply", fit, packed, "-o", "out.h5"], ["out.h5"], "wrote out.h5"),
        "converted": Kind(0, ["convert", test, "out.npz"], ["out.npz"], "wrote out.npz"),
        "from_tree": Kind(0, ["convert", tree, "out.h5"], ["out.h5"], "wrote out.h5"),
        "to_tree": Kind(0, ["convert", tree, "out", "--layout-to", "mvtec"], ["out"]),
        "inspected": Kind(0, ["inspect", packed, "--json", "-"]),
        "compared": Kind(0, ["compare", result, other, "--json", "c.json"], ["c.json"]),
        "passed": Kind(0, ["gate", result, "--min", "image_auroc=0.1", "--junit", "j"], ["j"]),
        "failed": Kind(1, ["gate", result, "--min", "image_auroc=0.9999"]),
        "undecided": Kind(4, ["gate", other, "--baseline", result], told="cannot be judged"),
        "skipping": Kind(0, skip, ["r.json"], "1 image left out"),
        "nan": Kind(3, ["score", here / "nan.h5", *to_json], told="1 NaN of 9216 pixels"),
        "cut": Kind(3, ["score", here / "cut.h5", *to_json], told="truncated"),
        "label": Kind(3, ["fit", here / "label.h5", "-o", "fit.json"], told="2 is neither 0"),
        "bit": Kind(3, ["convert", here / "bit.npz", "out.h5"], told="bit.npz"),
        "cut_tree": Kind(3, ["convert", here / "cut_tree", "out.h5"], told="001.tiff"),
        "edited": Kind(3, ["apply", here / "edited.json", packed, "-o", "o.h5"], told="imag"),
        "missing": Kind(3, ["score", here / "none.h5", *to_json], told="does not exist"),
    }


def test_two_hundred_runs_beside_each_other(tmp_path: Path, kinds: dict[str, Kind]) -> None:
    """Each ends as the first of its kind does, to the last byte; no file or process is left."""
    random = Random(6)
    order = list(islice(cycle(kinds), RUNS))
    random.shuffle(order)
    folders = [tmp_path / "runs" / f"{number}" for number in range(RUNS)]
    for folder in (*folders, tmp_path / "temporary"):
        folder.mkdir(parents=True)
    before = contents(tmp_path / "inputs")
    runs = [(folder, kinds[name].words) for folder, name in zip(folders, order, strict=True)]
    seen = soak("batches", {"runs": runs}, TMPDIR=str(tmp_path / "temporary"))

    firsts: dict[str, dict[str, bytes]] = {}
    for name, folder, status in zip(order, folders, seen["statuses"], strict=True):
        left = contents(folder)
        assert status == kinds[name].status, (name, left["stderr"].decode())
        assert firsts.setdefault(name, left) == left, name
    for name, left in firsts.items():
        assert kinds[name].told in left["stderr"].decode(), name
        top = {file.partition("/")[0] for file in left}
        assert top == {"stdout", "stderr", *kinds[name].outputs}, name
    assert seen["left"] == 0
    assert list((tmp_path / "temporary").iterdir()) == []
    assert contents(tmp_path / "inputs") == before


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below, hidden ones too."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_long_run_over_many_files_stays_small(tmp_path: Path, jobs: int) -> None:
    """Behind the first files memory is flat: a quarter of an image for each would be too much."""
    firsts = [write_maps(tmp_path / name, *images(2, 256)) for name in ("a.h5", "b.npz")]
    files = []
    for number in range(FILES):
        first = firsts[number % 2]
        files.append(shutil.copy(first, tmp_path / f"{number:03}{first.suffix}"))
    seen = soak("files", {"files": files, "jobs": jobs})
    assert len(seen) == FILES
    memory, handles = (list(column) for column in zip(*seen[WARM_FILES:], strict=True))
    assert max(memory) - memory[0] < 256 * 256 * 4 * len(memory) // 4
    assert max(handles) - min(handles) <= 2 * jobs


def test_run_after_run_in_one_process(tmp_path: Path) -> None:
    """As in a notebook: an image that stayed of every round would be too much."""
    maps, masks = images(6, SIZE)
    sound = write_maps(tmp_path / "sound.h5", maps, masks)
    (tmp_path / "cut.h5").write_bytes(sound.read_bytes()[:-4000])
    packed = write_maps(tmp_path / "sound.npz", maps, masks)
    damaged(tmp_path / "bit.npz", packed, packed.stat().st_size // 3)
    maps[4, 2, 3] = np.nan
    write_maps(tmp_path / "nan.h5", maps, masks)
    tree = write_masks(write_tree(tmp_path / "tree", samples()), samples())
    output = tmp_path / "out.npz"
    commands = [
        (0, ["score", sound, "--json", tmp_path / "r.json", "--replicates", "5"]),
        (0, ["convert", tree, output, "-q"]),
        (0, ["score", tmp_path / "nan.h5", "--skip-bad", "--no-confidence", "-q"]),
        (3, ["score", tmp_path / "nan.h5"]),
        (3, ["score", tmp_path / "cut.h5"]),
        (3, ["convert", tmp_path / "bit.npz", output]),
    ]
    commands = [(status, [*map(str, words)]) for status, words in commands]
    seen = soak("rounds", {"commands": commands, "rounds": ROUNDS})
    memory, handles = (list(column) for column in zip(*seen[WARM_ROUNDS:], strict=True))
    assert memory[-1] - memory[0] < IMAGE * (ROUNDS - WARM_ROUNDS) // 2
    assert len(set(handles)) == 1
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
