"""Ctrl-C in the middle of writing HDF5: nothing is swallowed, and nothing half-written appears."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from anomeval.atomic import undisturbed
from anomeval.predictions import Writer, hdf5_writing


@pytest.fixture(autouse=True)
def _interrupts_are_heard() -> Iterator[None]:
    """As on a terminal, though the tests run in a background job, which ignores Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_waits_for_the_block() -> None:
    """It comes as soon as the block is done."""
    steps = []
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012  (the order is what is tested)
        with undisturbed():
            signal.raise_signal(signal.SIGINT)
            steps.append("inside")
        steps.append("behind")
    assert steps == ["inside"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_other_threads_are_left_alone() -> None:
    """Python tells the main thread alone about signals."""
    seen: list[object] = []

    def work() -> None:
        with undisturbed():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]


@pytest.mark.parametrize("moment", [0, 3, 10])
def test_an_interrupt_while_hdf5_writes_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    """The library calls back into Python to write, and would swallow it there."""
    path, calls = tmp_path / "out.h5", []
    write: Callable[..., int] = hdf5_writing._Disk.write

    def interrupted(disk: Any, content: Any) -> int:
        calls.append(len(content))
        if len(calls) == moment + 1:
            signal.raise_signal(signal.SIGINT)
        return write(disk, content)

    monkeypatch.setattr(hdf5_writing._Disk, "write", interrupted)
    maps = np.random.default_rng(0).normal(size=(40, 64, 64)).astype(np.float32)
    with pytest.raises(KeyboardInterrupt), Writer(path) as writer:
        writer.add(anomaly_map=maps, gt_label=[0, 1] * 20)
    assert len(calls) > moment
    assert list(tmp_path.iterdir()) == []
