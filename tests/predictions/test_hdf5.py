"""What is special about HDF5: links, foreign storage, filters, chunks, threads."""

import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import pytest

from anomeval.errors import InvalidInputError
from anomeval.predictions import open_predictions
from anomeval.predictions.hdf5 import Hdf5Store
from tests.support import run_cli

from .conftest import Make, flat, maps, problems


def test_a_link_to_another_file_is_refused(make: Make, tmp_path: Path) -> None:
    """What a link points to may change or vanish without the file showing it."""
    make("other.h5", flat(2))
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["anomaly_map"] = h5py.ExternalLink("other.h5", "/anomaly_map")
    [text] = problems(str(tmp_path / "f.h5"))
    assert "anomaly_map: is a link to another file (other.h5)" in text
    assert "copy the values into this file" in text


def test_a_soft_link_cannot_hide_a_link_to_another_file(make: Make, tmp_path: Path) -> None:
    """Every step of a soft link must be a hard link of the same file."""
    make("other.h5", flat(2))
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["elsewhere"] = h5py.ExternalLink("other.h5", "/")
        file["anomaly_map"] = h5py.SoftLink("/elsewhere/anomaly_map")
        file["gt_mask"] = h5py.SoftLink("/nowhere")
    first, second = problems(str(tmp_path / "f.h5"))
    assert "anomaly_map: is a link to '/elsewhere/anomaly_map', which is a link again" in first
    assert "gt_mask: is a link to '/nowhere', which is not there" in second


def test_a_soft_link_within_the_file_is_followed(make: Make) -> None:
    """A second name for an array of the same file is fine."""
    path = make("f.h5", {"models/student": maps(2)})
    with h5py.File(path, "a") as file:
        file["anomaly_map"] = h5py.SoftLink("models/student")
    assert len(open_predictions(path)) == 2


def test_links_that_play_no_role_do_no_harm(make: Make) -> None:
    """Only what is needed must be readable."""
    path = make("f.h5", flat(2))
    with h5py.File(path, "a") as file:
        file["weights"] = h5py.ExternalLink("gone.h5", "/w")
    assert len(open_predictions(path)) == 2


def test_a_virtual_dataset_is_refused(make: Make, tmp_path: Path) -> None:
    """Its values lie in other files."""
    source = make("source.h5", {"data": maps(2)})
    layout = h5py.VirtualLayout(shape=(2, 2, 3), dtype="f4")
    layout[:] = h5py.VirtualSource(source, "data", shape=(2, 2, 3))
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file.create_virtual_dataset("anomaly_map", layout)
    [text] = problems(str(tmp_path / "f.h5"))
    assert "anomaly_map: is a virtual dataset: its values are in other files" in text


def test_external_storage_is_refused(tmp_path: Path) -> None:
    """Its values lie in other files."""
    (tmp_path / "raw.bin").write_bytes(maps(2).tobytes())
    with h5py.File(tmp_path / "f.h5", "w") as file:
        external = [(str(tmp_path / "raw.bin"), 0, h5py.h5f.UNLIMITED)]
        file.create_dataset("anomaly_map", (2, 2, 3), "f4", external=external)
    [text] = problems(str(tmp_path / "f.h5"))
    assert "anomaly_map: is in external storage: its values are in other files" in text


def test_a_null_dataset_is_refused(tmp_path: Path) -> None:
    """A dataset without a dataspace has no values."""
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["anomaly_map"] = h5py.Empty("f4")
    [text] = problems(str(tmp_path / "f.h5"))
    assert "anomaly_map: has no values (null dataspace)" in text


def test_a_missing_filter_names_hdf5plugin(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that needs a compression plugin says how to get it."""
    with h5py.File(path := make("f.h5", {"gt_label": [0, 1]}), "a") as file:
        file.create_dataset("anomaly_map", data=maps(2), chunks=(1, 2, 3), compression="gzip")
    available = h5py.h5z.filter_avail
    monkeypatch.setattr(h5py.h5z, "filter_avail", lambda code: code != 1 and available(code))
    monkeypatch.setitem(sys.modules, "hdf5plugin", None)
    [text] = problems(path)
    assert "anomaly_map: is compressed with gzip-4 (filter 1), which is not installed" in text
    assert "pip install 'anomeval[hdf5plugin]'" in text


@pytest.mark.parametrize("name", ["Zstd", "Blosc2", "LZ4", "Bitshuffle"])
def test_filters_of_hdf5plugin_are_read(tmp_path: Path, name: str) -> None:
    """In a process that has not imported it; where it is missing, the message names it."""
    hdf5plugin = pytest.importorskip("hdf5plugin")
    plain, packed = tmp_path / "plain.h5", tmp_path / "packed.h5"
    noise = np.random.default_rng(0).integers(0, 9, (6, 32, 32)).astype(np.float32)
    for path, options in ((plain, {}), (packed, getattr(hdf5plugin, name)())):
        with h5py.File(path, "w") as file:
            file.create_dataset("anomaly_map", data=noise, chunks=(1, 32, 32), **options)
            file["gt_mask"] = (noise > 6).astype(np.uint8)
            file["image_path"] = [f"{number}.png" for number in range(6)]
    expected, found = (run_cli("score", path, "--json", "-") for path in (plain, packed))
    assert found.status == 0, found.stderr
    assert found.stdout.replace(str(packed), str(plain)) == expected.stdout
    (tmp_path / "hdf5plugin.py").write_text("raise ImportError")
    refused = run_cli("score", packed, PYTHONPATH=str(tmp_path))
    assert refused.status == 3
    assert "which is not installed" in refused.stderr
    assert "pip install 'anomeval[hdf5plugin]'" in refused.stderr


def test_ragged_and_object_arrays_are_refused(tmp_path: Path) -> None:
    """Variable-length arrays are no maps."""
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file.create_dataset("anomaly_map", (2,), h5py.vlen_dtype(np.float32))
    [text] = problems(str(tmp_path / "f.h5"))
    assert "anomaly_map: holds objects" in text


def test_texts_of_fixed_and_variable_length(tmp_path: Path) -> None:
    """Both kinds of HDF5 strings are read as UTF-8."""
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["score"] = [1.0, 2.0]
        file["path"] = np.array(["ä.png".encode(), b"b.png"])
        file.create_dataset("object", data=["Ä", "b"], dtype=h5py.string_dtype())
        file.create_dataset("group", data=[b"g", b"hh"], dtype=h5py.string_dtype("ascii", 5))
    opened = open_predictions(tmp_path / "f.h5")
    assert [(e.identity, e.category, e.group_id) for e in opened.entries] == [
        ("ä.png", "Ä", "g"),
        ("b.png", "b", "hh"),
    ]


def test_a_user_block_in_front_is_passed_over(tmp_path: Path) -> None:
    """HDF5 may begin at byte 512."""
    with h5py.File(tmp_path / "f.h5", "w", userblock_size=512) as file:
        file["anomaly_map"] = maps(2)
    assert len(open_predictions(tmp_path / "f.h5")) == 2


@pytest.mark.parametrize("chunks", [(1, 2, 3), (4, 2, 3), (10, 1, 2), (3, 2, 2), None])
@pytest.mark.parametrize("compression", ["gzip", "lzf", None])
def test_every_chunk_shape_is_read(tmp_path: Path, chunks, compression) -> None:
    """Chunks that lie across images are read right, too."""
    options = {"chunks": chunks, "compression": compression} if chunks else {}
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file.create_dataset("anomaly_map", data=maps(10), **options)
    for image, wanted in zip(open_predictions(tmp_path / "f.h5"), maps(10), strict=True):
        assert np.array_equal(image.anomaly_map, wanted)


def test_chunks_across_images_are_unpacked_once(tmp_path: Path) -> None:
    """A chunk of 64 images of 1 MB is kept while its images are read: a pass stays linear."""
    with h5py.File(tmp_path / "f.h5", "w") as file:
        chunks = (64, 512, 64)
        file.create_dataset("anomaly_map", data=np.zeros((64, 512, 512), "f4"), chunks=chunks)
    column = open_predictions(tmp_path / "f.h5").files[0].examination.layout.tables[0].roles
    with Hdf5Store(str(tmp_path / "f.h5")) as store:
        dataset = store._dataset(column.columns["anomaly_map"])
        _, cache, _ = dataset.id.get_access_plist().get_chunk_cache()
    assert cache == 64 * 512 * 512 * 4


def test_a_damaged_chunk_names_file_field_and_image(make: Make, tmp_path: Path) -> None:
    """An error in the middle of a pass says where it is."""
    path = make("f.h5", {"path": np.array(["a", "b", "c"])})
    with h5py.File(path, "a") as file:
        data = file.create_dataset(
            "anomaly_map", data=maps(3, 20, 20), chunks=(1, 20, 20), compression="gzip"
        )
        place = data.id.get_chunk_info(1)
    with open(path, "r+b") as raw:
        raw.seek(place.byte_offset + 2)
        raw.write(b"\xff" * 20)
    images = iter(open_predictions(path))
    assert next(images).entry.identity == "a"
    with pytest.raises(InvalidInputError, match=r"f\.h5, anomaly_map, image 1 \(b\): ") as caught:
        next(images)
    assert "cannot be read, it is damaged" in str(caught.value)


def test_many_threads_read_one_file(make: Make) -> None:
    """Each call of `images` has a handle of its own, so ranges can be read side by side."""
    file = open_predictions(make("f.h5", {"anomaly_map": maps(40, 8, 8)})).files[0]

    def first_pixels(start: int) -> list[float]:
        return [float(image.anomaly_map[0, 0]) for image in file.images(start, start + 5)]

    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(first_pixels, [*range(0, 40, 5)] * 5))
    assert parts == [[64.0 * i for i in range(start, start + 5)] for start in range(0, 40, 5)] * 5


def test_a_file_that_is_being_written_is_refused(make: Make) -> None:
    """Another program that holds the file open for writing is named as the reason."""
    path = make("f.h5", flat(2))
    with h5py.File(path, "a"):
        code = "import sys; from anomeval.predictions import open_predictions as o; o(sys.argv[1])"
        environment = {**os.environ, "HDF5_USE_FILE_LOCKING": "TRUE"}
        done = subprocess.run(
            [sys.executable, "-c", code, path], capture_output=True, text=True, env=environment
        )
    assert "InvalidInputError" in done.stderr
    assert "is locked — another program is writing it" in done.stderr


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EIO, 524])
def test_a_file_system_without_locks(
    make: Make, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Network file systems refuse locks by various numbers; the file is read without one."""
    path = make("f.h5", flat(3))
    whole = h5py.File
    asked = []

    def opened(name: str, mode: str, locking: object) -> h5py.File:
        asked.append(locking)
        if locking is not False:
            raise OSError(code, f"Unable to open file (unable to lock file, errno = {code})")
        return whole(name, mode, locking=locking)

    monkeypatch.setattr(h5py, "File", opened)
    assert len(list(open_predictions(path))) == 3
    assert asked[:2] == ["best-effort", False]


@pytest.mark.parametrize("single_writer", [False, True])
def test_a_file_that_was_never_closed(tmp_path: Path, single_writer: bool) -> None:
    """Its writer has died, or lives: that is told, and not damage."""
    code = f"""
import os, h5py
file = h5py.File("f.h5", "w", libver="latest")
file["pred_score"] = [1.0, 2.0]
if {single_writer}:
    file.swmr_mode = True
file.flush()
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    [text] = problems(str(tmp_path / "f.h5"))
    assert "f.h5: was not closed by the program that writes it" in text
    assert "h5clear --status" in text
