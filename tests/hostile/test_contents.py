"""What a file may hold, point by point of the threat model in docs/security.md."""

import io
import pickle
import struct
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile

from anomeval.errors import InvalidInputError
from anomeval.predictions import open_predictions
from anomeval.predictions.layouts.png import read_png
from anomeval.predictions.layouts.tiff import read_tiff
from tests.layouts.samples import samples, write_png, write_tree
from tests.support import reserve

MAPS = np.ones((3, 4, 5), np.float32)


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(InvalidInputError) as caught:
        list(open_predictions(path, **options))
    assert caught.value.exit_status == 3
    return str(caught.value)


class Harmful:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("raise SystemExit('code was run')",)


OBJECTS = np.array([Harmful()] * 3, object)


def test_pickled_objects_are_not_loaded(tmp_path: Path) -> None:
    """In NPZ, in columns, as maps, as a file."""
    np.savez(tmp_path / "a.npz", anomaly_map=MAPS, pred_score=OBJECTS)
    assert "pred_score: holds objects, which are not read" in refusal(tmp_path / "a.npz")
    (tmp_path / "columns").mkdir()
    np.save(tmp_path / "columns/anomaly_map.npy", OBJECTS)
    assert "anomaly_map: holds objects" in refusal(tmp_path / "columns")
    (tmp_path / "maps").mkdir()
    np.save(tmp_path / "maps/a.npy", OBJECTS[:1, None])
    assert "holds objects" in refusal(tmp_path / "maps")
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(Harmful()))
    assert "is a pickle" in refusal(tmp_path / "a.pkl")


@pytest.mark.parametrize("kind", ["link", "storage", "virtual"])
def test_other_files_are_not_reached(tmp_path: Path, kind: str) -> None:
    """Neither those that are there nor those that are not, which HDF5 would read as zeros."""
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["maps"] = MAPS
    for target in ("other.h5", "missing.h5"):
        with h5py.File(tmp_path / "a.h5", "w") as file:
            if kind == "link":
                file["anomaly_map"] = h5py.ExternalLink(target, "maps")
            elif kind == "storage":
                place = [(str(tmp_path / target), 0, MAPS.nbytes)]
                file.create_dataset("anomaly_map", MAPS.shape, "f4", external=place)
            else:
                layout = h5py.VirtualLayout(MAPS.shape, "f4")
                layout[:] = h5py.VirtualSource(str(tmp_path / target), "maps", MAPS.shape)
                file.create_virtual_dataset("anomaly_map", layout)
        text = refusal(tmp_path / "a.h5")
        assert "other file" in text or "another file" in text


def test_links_in_circles_end(tmp_path: Path) -> None:
    """Soft links to each other, and groups that hold themselves."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["anomaly_map"], file["b"] = h5py.SoftLink("/b"), h5py.SoftLink("/anomaly_map")
    assert "which is a link again" in refusal(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["anomaly_map"], file["gt_label"] = MAPS, [0, 0, 1]
        file["samples"] = file["/"]
    assert "holds fields both at the root" in refusal(tmp_path / "a.h5")


@pytest.mark.parametrize("name", ["../anomaly_map.npy", "/anomaly_map.npy", "a\\..\\map.npy"])
def test_members_with_path_tricks_are_names_only(tmp_path: Path, name: str) -> None:
    """Nothing is ever unpacked, so that no path matters."""
    content = io.BytesIO()
    np.save(content, MAPS)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr(name, content.getvalue())
    with suppress(InvalidInputError):
        list(open_predictions(tmp_path / "a.npz"))
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def member(content: object) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(content))
    return buffer.getvalue()


def test_a_directory_that_loses_a_member_is_told(tmp_path: Path) -> None:
    """Without its labels a file would be evaluated as another one."""
    path = tmp_path / "a.npz"
    np.savez(path, anomaly_map=MAPS, gt_label=[0, 0, 1], pred_score=[1.0, 2, 3])
    content = path.read_bytes()
    assert [entry.label for entry in open_predictions(path).entries] == [False, False, True]
    start = content.index(b"PK\x01\x02")
    directory = content[start:]
    path.write_bytes(content[:start] + directory.replace(b"gt_label", b"gt_lacel"))
    assert "its directory tells of a member 'gt_lacel.npy' in a wrong place" in refusal(path)
    path.write_bytes(content.replace(b"gt_label", b"gt_lacel"))  # another file, and sound
    assert open_predictions(path).entries[0].label is None
    parts = directory.split(b"PK\x01\x02")[1:]
    kept, end = parts[0], parts[-1][parts[-1].index(b"PK\x05\x06") :]
    counts = struct.pack("<2H2I", 1, 1, 4 + len(kept), start)
    path.write_bytes(content[:start] + b"PK\x01\x02" + kept + end[:8] + counts + end[20:])
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["anomaly_map.npy"]
    assert "its directory does not tell of all that is in the file" in refusal(path)
    path.write_bytes(b"MZ, a program in front" + content)
    assert "neither HDF5 nor NPZ" in refusal(path)


def test_members_written_to_a_stream_are_read(tmp_path: Path) -> None:
    """They have their sizes behind them, which is no gap."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

        def seek(self, *_: int) -> int:
            raise OSError

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        archive.writestr("anomaly_map.npy", member(MAPS))
        archive.writestr("gt_label.npy", member([0, 0, 1]))
    (tmp_path / "a.npz").write_bytes(pipe.getvalue())
    assert zipfile.ZipFile(tmp_path / "a.npz").infolist()[0].flag_bits & 8
    assert len(list(open_predictions(tmp_path / "a.npz"))) == 3


def test_what_was_never_written_is_not_zero(tmp_path: Path) -> None:
    """HDF5 makes up zeros for it; a run that was killed leaves such files."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["gt_label"] = [0, 0, 1]
        maps = file.create_dataset("anomaly_map", MAPS.shape, "f4", chunks=(1, 4, 5))
        maps[0], maps[2] = MAPS[0], MAPS[2]
        file.create_dataset("gt_mask", MAPS.shape, "u1")
    told = "anomaly_map: was not written to the end: 1 of 3 chunks are missing"
    assert told in refusal(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["anomaly_map"][1] = MAPS[1]
    assert not any(image.gt_mask.any() for image in open_predictions(tmp_path / "a.h5"))
    with h5py.File(tmp_path / "a.h5", "a") as file:
        del file["anomaly_map"]
        file.create_dataset("anomaly_map", MAPS.shape, "f4")
    assert "anomaly_map: was not written to the end: nothing" in refusal(tmp_path / "a.h5")


@pytest.mark.parametrize("chunks", [None, (1,)])
def test_a_number_of_images_is_not_believed(tmp_path: Path, chunks: tuple[int] | None) -> None:
    """Entries are not made for images of which nothing is stored."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("pred_score", (1 << 40,), "f8", chunks=chunks)
    text = refusal(tmp_path / "a.h5")
    assert "declares 1099511627776 images and stores 0 bytes" in text


def npy_of(shape: tuple[int, ...], content: bytes) -> bytes:
    buffer = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, header)  # type: ignore[arg-type]
    return buffer.getvalue() + content


@pytest.mark.parametrize(
    "shape", [(2**40, 2**10, 2**10), (3, 2**62, 2**62), (0, 4, 4), (3, 0, 4), (3, -1, 4), ()]
)
def test_absurd_shapes_are_refused_at_once(tmp_path: Path, shape: tuple[int, ...]) -> None:
    """Nothing of that size is made."""
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("anomaly_map.npy", npy_of(shape, bytes(60)))
    refusal(tmp_path / "a.npz")
    (tmp_path / "a.npy").write_bytes(npy_of(shape, bytes(60)))
    refusal(tmp_path / "a.npy")
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps/a.npy").write_bytes(npy_of(shape[1:], bytes(60)))
    refusal(tmp_path / "maps", layout="folder")


def test_a_member_is_not_larger_than_it_says(tmp_path: Path) -> None:
    """A bomb whose directory entry lies about its size ends where the header says."""
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("anomaly_map.npy", npy_of((3, 4, 5), bytes(1 << 26)))
    assert "not what its header says" in refusal(tmp_path / "a.npz")


def test_an_image_is_not_larger_than_allowed(tmp_path: Path) -> None:
    """In every format, before a pixel is read."""
    large = np.zeros((1, 40, 50), np.float32)
    np.savez_compressed(tmp_path / "a.npz", anomaly_map=large, gt_label=[0])
    with h5py.File(tmp_path / "a.h5", "w") as file:
        reserve(file, "anomaly_map", (1, 2**16, 2**16))
        file["gt_label"] = [0]
    assert "declares images of 65536 x 65536 pixels" in refusal(tmp_path / "a.h5")
    text = refusal(tmp_path / "a.npz", max_image_pixels=1999)
    assert "declares images of 40 x 50 pixels, more than 1999" in text
    assert len(open_predictions(tmp_path / "a.npz", max_image_pixels=2000)) == 1


@pytest.mark.parametrize("dtype", ["c8", "S3", "U3", "i4,f4", "M8[s]", "?", "i8"])
def test_only_numbers_are_scores(tmp_path: Path, dtype: str) -> None:
    """Complex, structured, text, dates."""
    array = np.zeros((3, 4, 5), dtype)
    np.savez(tmp_path / "a.npz", anomaly_map=array)
    assert "anomaly_map" in refusal(tmp_path / "a.npz")
    np.save(tmp_path / "a.npy", array)
    assert "anomaly_map" in refusal(tmp_path / "a.npy")


@pytest.fixture(scope="module")
def tiff(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tiff") / "a.tiff"
    tifffile.imwrite(path, samples()[0].map, compression="zlib", rowsperstrip=5)
    return path


def test_tiff_cut_off_anywhere_is_told(tmp_path: Path, tiff: Path) -> None:
    """At every byte; the pixels lie at the end of the file."""
    content = tiff.read_bytes()
    tree = write_tree(tmp_path / "maps", samples()[:1])
    path = tree / "bottle/test/bent/000.tiff"
    for length in range(len(content)):
        path.write_bytes(content[:length])
        refusal(tree)


def test_a_deflated_strip_is_not_a_bomb(tmp_path: Path) -> None:
    """A strip of 1 GB where 480 bytes belong is not unpacked."""
    path = tmp_path / "a.tiff"
    bomb = zlib.compress(bytes(1 << 24), 9)
    tifffile.imwrite(path, np.zeros((12, 10), np.float32), compression="zlib")
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        count = page.tags["StripByteCounts"]
        offset = page.tags["StripOffsets"]
    content = bytearray(path.read_bytes())
    end = len(content)
    width = {3: "<H", 4: "<I"}[int(count.dtype)]
    for tag, value in ((count, len(bomb)), (offset, end)):
        size = struct.calcsize(width if tag is count else "<I")
        packed = struct.pack(width if tag is count else "<I", value)
        content[tag.valueoffset : tag.valueoffset + size] = packed
    path.write_bytes(bytes(content) + bomb)
    with pytest.raises(ValueError, match="does not end where its header says"):
        read_tiff(str(path), 1 << 20)


def test_png_cut_off_or_flipped_anywhere_is_told(tmp_path: Path) -> None:
    """At every byte and in every bit: PNG has checksums, and they are verified."""
    path = write_png(tmp_path / "a.png", samples()[0].mask)
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises((ValueError, EOFError, OSError)):
            read_png(str(path), 1 << 20)
    for bit in range(len(content) * 8):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        with pytest.raises((ValueError, EOFError, OSError)):
            read_png(str(path), 1 << 20)


@pytest.mark.parametrize("order", "<>")
def test_numbers_that_are_no_characters_become_no_text(tmp_path: Path, order: str) -> None:
    """NumPy makes strings of them on which Python fails."""
    texts = np.array(["nut/0", "nut/1", "nut/2"], f"{order}U5")
    numbers = texts.view(f"{order}u4").reshape(3, 5)
    numbers[1, 2] = 0x110000
    np.savez(tmp_path / "a.npz", anomaly_map=MAPS, image_path=texts)
    told = "image_path, image 1: holds what is no character"
    assert told in refusal(tmp_path / "a.npz")
    (tmp_path / "run").mkdir()
    np.save(tmp_path / "run/anomaly_map.npy", MAPS)
    np.save(tmp_path / "run/image_path.npy", texts)
    assert told in refusal(tmp_path / "run")
    np.savez(tmp_path / "a.npz", anomaly_map=MAPS, model=texts[1])
    assert "a text holds what is no character" in refusal(tmp_path / "a.npz")
    numbers[1, 2] = 0x10FFFF
    np.savez(tmp_path / "a.npz", anomaly_map=MAPS, image_path=texts, model=texts[1])
    assert open_predictions(tmp_path / "a.npz").entries[1].identity == "nu\U0010ffff/1"


@pytest.mark.parametrize("field", ["pred_score", "gt_label", "gt_mask", "gt_saturation"])
@pytest.mark.parametrize("dtype", ["c16", "S3", "U3", "i4,f4", "M8[s]", "V4"])
def test_only_numbers_are_scores_labels_and_masks(tmp_path: Path, field: str, dtype: str) -> None:
    """In every format, with the name of the field."""
    shape = {"gt_mask": (3, 4, 5), "gt_saturation": (3, 1)}.get(field, (3,))
    columns = {"anomaly_map": MAPS, "gt_mask": np.zeros((3, 4, 5), np.uint8)}
    columns |= {field: np.zeros(shape, dtype)}
    np.savez(tmp_path / "a.npz", **columns)  # type: ignore[arg-type]
    (tmp_path / "columns").mkdir()
    for name, array in columns.items():
        np.save(tmp_path / "columns" / f"{name}.npy", array)
    for path in (tmp_path / "a.npz", tmp_path / "columns"):
        assert f"{field}: is " in refusal(path)
    if np.dtype(dtype).kind in "UM":
        return  # HDF5 has no such type
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name, array in columns.items():
            file[name] = array
    assert f"{field}: is " in refusal(tmp_path / "a.h5")


def test_columns_do_not_lead_out_of_their_folder(tmp_path: Path) -> None:
    """A link in a folder of others could have any file of the user read."""
    (tmp_path / "columns").mkdir()
    np.save(tmp_path / "columns/anomaly_map.npy", MAPS)
    np.save(tmp_path / "private.npy", [0, 0, 1])
    (tmp_path / "columns/gt_label.npy").symlink_to(tmp_path / "private.npy")
    assert "gt_label.npy leads out of" in refusal(tmp_path / "columns")


@pytest.mark.parametrize("place", ["bottle", "samples/a"])
def test_no_group_reaches_other_files(tmp_path: Path, place: str) -> None:
    """However deep the link lies, and whatever it leads to: it is not passed over either."""
    beside, maps = ("cable", MAPS) if place == "bottle" else ("samples/b", MAPS[0])
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file[f"{place}/anomaly_map"] = maps
    for link in (f"{place}/anomaly_map", place):
        with h5py.File(tmp_path / "a.h5", "w") as file:
            file[link] = h5py.ExternalLink("other.h5", link)
            file[f"{beside}/anomaly_map"] = maps
        text = refusal(tmp_path / "a.h5")
        assert "is a link to another file (other.h5)" in text
        assert link in text or ("anomaly_map, a: " in text and link == "samples/a/anomaly_map")


@pytest.mark.parametrize("place", ["bottle", "samples/a"])
def test_no_group_is_lost(tmp_path: Path, place: str) -> None:
    """A category or sample that is a link to nowhere, or damaged, is not passed over."""
    other = "cable" if place == "bottle" else "samples/b"
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file[f"{other}/anomaly_map"] = MAPS if place == "bottle" else MAPS[0]
        file[place] = h5py.SoftLink("/nowhere")
    assert f"{place}: is a link to '/nowhere', which is not there" in refusal(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "a", libver="v110") as file:
        del file[place]
        file[f"{place}/anomaly_map"] = MAPS if place == "bottle" else MAPS[0]
        header = h5py.h5o.get_info(file[place].id).addr
    assert len({e.identity for e in open_predictions(tmp_path / "a.h5").entries}) > 1
    content = bytearray((tmp_path / "a.h5").read_bytes())
    assert content[header : header + 4] == b"OHDR"
    content[header] ^= 1
    (tmp_path / "a.h5").write_bytes(content)
    assert f"{place}: cannot be read" in refusal(tmp_path / "a.h5")
