"""What is special about NPZ: streaming out of deflated members, headers, the ZIP around them."""

import io
import tracemalloc
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from anomeval.errors import InvalidInputError
from anomeval.predictions import open_predictions

from .conftest import flat, maps, problems, samples, write_npz


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def write_zip(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> str:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return str(path)


@pytest.mark.parametrize("compress", [True, False])
def test_a_big_member_is_streamed(tmp_path: Path, compress: bool) -> None:
    """A pass over a member of 50 MB never holds more than a few images of 256 kB."""
    stored = np.zeros((200, 256, 256), np.float32)
    stored[:, 0, 0] = np.arange(200)
    write_npz(tmp_path / "f.npz", {"anomaly_map": stored}, compress=compress)
    del stored
    tracemalloc.start()
    seen = [float(image.anomaly_map[0, 0]) for image in open_predictions(tmp_path / "f.npz")]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seen == list(range(200))
    assert peak < 5e6


def test_random_access_is_told(tmp_path: Path) -> None:
    """Deflated tables are read from their beginning; stored ones, and samples, are not."""
    write_npz(tmp_path / "deflated.npz", flat(3))
    write_npz(tmp_path / "stored.npz", flat(3), compress=False)
    write_npz(tmp_path / "scores.npz", {"score": [1.0]})
    image = {"anomaly_map": maps(1)[0]}
    write_npz(tmp_path / "samples.npz", samples(a=image, b=image))
    told = {path.stem: open_predictions(path).files[0].random_access for path in tmp_path.iterdir()}
    assert told == {"deflated": False, "stored": True, "scores": True, "samples": True}


@pytest.mark.parametrize("compress", [True, False])
def test_many_threads_read_one_file(tmp_path: Path, compress: bool) -> None:
    """Each call of `images` opens the archive anew."""
    write_npz(tmp_path / "f.npz", {"anomaly_map": maps(40, 8, 8)}, compress=compress)
    file = open_predictions(tmp_path / "f.npz").files[0]

    def first_pixels(start: int) -> list[float]:
        return [float(image.anomaly_map[0, 0]) for image in file.images(start, start + 5)]

    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(first_pixels, range(0, 40, 5)))
    assert parts == [[64.0 * i for i in range(start, start + 5)] for start in range(0, 40, 5)]


def test_fortran_order_is_refused_with_the_remedy(tmp_path: Path) -> None:
    """No image of a Fortran-ordered array can be read without reading all of it."""
    np.savez(tmp_path / "f.npz", anomaly_map=np.asfortranarray(maps(3)))
    [text] = problems(str(tmp_path / "f.npz"))
    assert "anomaly_map: is in Fortran order" in text
    assert "np.ascontiguousarray(array)" in text


def test_a_sample_in_fortran_order_is_read(tmp_path: Path) -> None:
    """One image is read whole anyway."""
    image = np.asfortranarray(maps(1, 4, 7)[0])
    np.savez(tmp_path / "f.npz", **{"samples/a/anomaly_map": image})
    [seen] = open_predictions(tmp_path / "f.npz")
    assert np.array_equal(seen.anomaly_map, image)


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    """Pickles run code when they are loaded; the remedy is a plain text array."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        paths = np.array(["a", "b"], dtype=object)
        np.savez(tmp_path / "f.npz", anomaly_map=maps(2), image_path=paths)
    [text] = problems(str(tmp_path / "f.npz"))
    assert "image_path: holds objects, which are not read (unpickling them could run code)" in text
    assert "np.asarray(texts, dtype=str)" in text


def test_every_compression_of_the_zip_format(tmp_path: Path) -> None:
    """Deflate is usual; bzip2 and LZMA are read as well."""
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        path = tmp_path / f"{method}.npz"
        write_zip(path, {"anomaly_map.npy": npy(maps(3))}, method)
        assert [float(image.anomaly_map[0, 0]) for image in open_predictions(path)] == [0, 6, 12]


def test_other_members_are_left_aside(tmp_path: Path) -> None:
    """A README in the archive does no harm."""
    members = {"README.txt": b"hello", "anomaly_map.npy": npy(maps(2))}
    assert len(open_predictions(write_zip(tmp_path / "f.npz", members))) == 2


def test_a_header_of_version_two(tmp_path: Path) -> None:
    """The longer header format is read like the first."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, maps(2), version=(2, 0))
    path = write_zip(tmp_path / "f.npz", {"anomaly_map.npy": buffer.getvalue()})
    assert len(open_predictions(path)) == 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "cannot be read, it is damaged"),
        (b"\x93NUMPY\x09\x00", "unknown version"),
        (npy(maps(2))[:-4], "holds 44 bytes, not what its header says"),
        (npy(maps(2)) + b"1234", "holds 52 bytes, not what its header says"),
        (npy(maps(2)).replace(b"'shape'", b"'shame'"), "cannot be read, it is damaged"),
        (npy(maps(2)).replace(b"(2, 2, 3)", b"(-2, 2,3)"), "not what its header says"),
    ],
)
def test_a_member_that_is_no_sound_array(tmp_path: Path, data: bytes, message: str) -> None:
    """A header that does not fit its data is found before anything is read."""
    [text] = problems(write_zip(tmp_path / "f.npz", {"anomaly_map.npy": data}))
    assert text.startswith("f.npz, anomaly_map: ")
    assert message in text


def test_a_wrong_checksum_in_the_pixels(tmp_path: Path) -> None:
    """A flipped bit is found when the pass reaches the end of the member, and not whose it is."""
    stored = maps(3, 100, 100)
    path = Path(write_zip(tmp_path / "f.npz", {"anomaly_map.npy": npy(stored)}))
    data = bytearray(path.read_bytes())
    data[data.index(stored[1].tobytes())] ^= 1
    path.write_bytes(data)
    with pytest.raises(InvalidInputError, match=r"anomaly_map: .*Bad CRC-32"):
        list(open_predictions(path))


def test_a_wrong_checksum_in_a_small_column(tmp_path: Path) -> None:
    """It is found at opening."""
    stored = np.array([1.0, 2.0, 3.0])
    path = Path(write_zip(tmp_path / "f.npz", {"score.npy": npy(stored)}))
    data = bytearray(path.read_bytes())
    data[data.index(stored.tobytes()) + 1] ^= 1
    path.write_bytes(data)
    [text] = problems(str(path))
    assert "Bad CRC-32" in text


def test_the_same_member_twice(tmp_path: Path) -> None:
    """Nobody can tell which one counts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(tmp_path / "f.npz", "w") as archive:
            archive.writestr("anomaly_map.npy", npy(maps(2)))
            archive.writestr("anomaly_map.npy", npy(maps(3)))
    [text] = problems(str(tmp_path / "f.npz"))
    assert "anomaly_map: is there twice" in text


def test_an_encrypted_member(tmp_path: Path) -> None:
    """No password is asked for."""
    path = Path(write_zip(tmp_path / "f.npz", {"anomaly_map.npy": npy(maps(2))}))
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    [text] = problems(str(path))
    assert "anomaly_map: is encrypted" in text


def test_scalars_at_the_root_describe_the_file(tmp_path: Path) -> None:
    """They are attributes, as in HDF5."""
    np.savez(tmp_path / "f.npz", split="test", epoch=np.int64(3), **flat(1))
    assert open_predictions(tmp_path / "f.npz").files[0].attributes == {"split": "test", "epoch": 3}
