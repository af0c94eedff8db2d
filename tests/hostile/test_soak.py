"""Run after run in one process, on sound and on damaged files: nothing piles up."""

import gc
import os
import resource
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.layouts.samples import samples, write_masks, write_native, write_tree
from tests.support import run_here

RUNS = 12
WARM = 4
GROWTH = 4 << 20  # bytes that allocators may keep

pytestmark = pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs /proc")


def resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()


def test_nothing_piles_up(tmp_path: Path) -> None:
    """Neither memory nor open files, processes or temporary files."""
    sound = write_native(tmp_path / "sound.h5", samples())
    tree = write_masks(write_tree(tmp_path / "tree", samples()), samples())
    with h5py.File(write_native(tmp_path / "nan.h5", samples()), "a") as file:
        file["anomaly_map"][4, 2, 3] = np.nan
    (tmp_path / "cut.h5").write_bytes(sound.read_bytes()[:-4000])
    np.savez_compressed(tmp_path / "a.npz", anomaly_map=np.ones((9, 40, 40)), gt_label=[0] * 9)
    packed = bytearray((tmp_path / "a.npz").read_bytes())
    packed[300] ^= 1
    (tmp_path / "a.npz").write_bytes(packed)
    output = tmp_path / "out.npz"
    commands = [
        (0, ["score", sound, "--json", tmp_path / "r.json", "--replicates", "20"]),
        (0, ["convert", tree, output, "-q"]),
        (0, ["score", tmp_path / "nan.h5", "--skip-bad", "--no-confidence", "-q"]),
        (3, ["score", tmp_path / "nan.h5"]),
        (3, ["score", tmp_path / "cut.h5"]),
        (3, ["convert", tmp_path / "a.npz", output]),
    ]
    handles: set[int] = set()
    memory: list[int] = []
    for _ in range(RUNS):
        for status, words in commands:
            assert run_here(*words).status == status
        handles.add(len(os.listdir("/proc/self/fd")))
        memory.append(resident())
    assert len(handles) == 1
    assert memory[-1] - memory[WARM] < GROWTH
    assert {path.name for path in tmp_path.iterdir() if path.name.startswith(".")} == set()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
