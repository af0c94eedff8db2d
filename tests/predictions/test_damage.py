"""Files that are missing, broken, or something else: one message, and always the same kind."""

import errno
import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from anomeval.errors import InvalidInputError
from anomeval.predictions import open_predictions
from anomeval.predictions.faults import reading

from .conftest import Make, both_formats, flat, maps, problems


def whole_pass(path: Path) -> int:
    return sum(1 for _ in open_predictions(path))


@both_formats
def test_truncation_at_any_byte_is_told(make: Make, suffix: str) -> None:
    """However much of a file is missing, the error names the file and what to do."""
    path = Path(make(f"f.{suffix}", flat(5)))
    data = path.read_bytes()
    step = max(1, len(data) // 150)
    for length in [*range(0, 130), *range(130, len(data), step), len(data) - 1]:
        path.write_bytes(data[:length])
        with pytest.raises(InvalidInputError, match=rf"f\.{suffix}.*: .* — ") as caught:
            whole_pass(path)
        assert caught.value.exit_status == 3


@both_formats
def test_a_flipped_byte_is_told_or_harmless(make: Make, suffix: str) -> None:
    """Damage anywhere in headers and data raises the one kind of error, or none."""
    columns = {"anomaly_map": maps(3), "gt_label": [0, 1, 1], "pred_score": [1.0, 2.0, 3.0]}
    path = Path(make(f"f.{suffix}", columns))
    data = path.read_bytes()
    for position in range(0, len(data), max(1, len(data) // 300)):
        damaged = bytearray(data)
        damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        with suppress(InvalidInputError):
            whole_pass(path)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty (0 bytes)"),
        (b"hello, this is text", "is neither HDF5 nor NPZ, or damaged at its start"),
        (b"\x80\x04\x95pickle", "is a pickle, neither HDF5 nor NPZ"),
        (b"\x1f\x8b\x08gzip", "is a gzip file, neither HDF5 nor NPZ"),
        (b"PK\x03\x04 but no more", "cannot be read, it is damaged"),
        (b"\x89HDF\r\n\x1a\n and no more", "cannot be read, it is damaged"),
    ],
)
def test_other_content_is_named(tmp_path: Path, content: bytes, what: str) -> None:
    """The first bytes decide, and the message says what the file is instead."""
    (tmp_path / "f.h5").write_bytes(content)
    [text] = problems(str(tmp_path / "f.h5"))
    assert text.startswith("f.h5: " + what)


def test_a_damaged_array_is_named(tmp_path: Path) -> None:
    """A single array is read as maps; one that breaks off in its header names the field."""
    (tmp_path / "f.h5").write_bytes(b"\x93NUMPY\x01\x00...")
    [text] = problems(str(tmp_path / "f.h5"))
    assert text.startswith("f.h5, anomaly_map: cannot be read, it is damaged")


def test_the_suffix_says_nothing(make: Make, tmp_path: Path) -> None:
    """An HDF5 file called .npz is HDF5."""
    os.rename(make("f.h5", flat(2)), tmp_path / "g.npz")
    opened = open_predictions(tmp_path / "g.npz")
    assert opened.files[0].examination.format.name == "HDF5"


def test_a_missing_file(make: Make, tmp_path: Path) -> None:
    """The message suggests a name that is there."""
    make("test.h5", flat(1))
    [text] = problems(str(tmp_path / "tset.h5"))
    assert text.startswith("tset.h5: does not exist — did you mean")
    assert "test.h5'?" in text
    [text] = problems(str(tmp_path / "nowhere/test.h5"))
    assert "does not exist — there is no directory" in text


def test_permission_denied(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says how to allow reading."""
    path = make("f.h5", flat(1))

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("builtins.open", refuse)
    [text] = problems(path)
    assert text == "f.h5: permission denied — allow this user to read it (chmod u+r)"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_permission_really_denied(make: Make) -> None:
    """The same with the real thing."""
    path = make("f.h5", flat(1))
    os.chmod(path, 0)
    [text] = problems(path)
    assert "permission denied" in text


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_no_prediction_file(tmp_path: Path) -> None:
    """It is refused instead of waited for."""
    os.mkfifo(tmp_path / "f.h5")
    [text] = problems(str(tmp_path / "f.h5"))
    assert text.startswith("f.h5: is no regular file")


def test_a_broken_link_is_told(tmp_path: Path) -> None:
    """A symbolic link to nothing does not exist."""
    (tmp_path / "f.h5").symlink_to(tmp_path / "gone.h5")
    [text] = problems(str(tmp_path / "f.h5"))
    assert text.startswith("f.h5: does not exist")


@both_formats
def test_a_file_that_changed_after_opening_is_refused(make: Make, suffix: str) -> None:
    """Entries and pixels must be of the same file."""
    path = make(f"f.{suffix}", flat(3))
    opened = open_predictions(path)
    os.utime(path, ns=(1, 1))
    with pytest.raises(InvalidInputError, match="was changed after it had been opened"):
        list(opened)


def test_an_image_that_does_not_fit_into_memory() -> None:
    """Running out of memory while reading is told with the place, too."""
    message = r"f\.h5, anomaly_map, image 3: does not fit into memory"
    with pytest.raises(InvalidInputError, match=message), reading("f.h5", "anomaly_map", 3):
        raise MemoryError


def test_mistakes_of_our_own_are_not_called_damage() -> None:
    """Only what libraries raise at damaged bytes is taken for damage."""
    with pytest.raises(AttributeError), reading("f.h5"):
        raise AttributeError("a programming error")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.EMFILE, "too many open files — raise the limit of this process"),
        (errno.ENFILE, "too many open files — close other programs"),
        (errno.EACCES, "permission denied"),
        (errno.EIO, "cannot be read (Input/output error) — check the disk"),
        (errno.ESTALE, "— check the disk or the connection, then try again"),
        (errno.ENAMETOOLONG, "has a name that is too long — rename it"),
    ],
)
def test_what_the_system_says_is_no_damage(code: int, words: str) -> None:
    """As Python has it, and as h5py words it around the same number."""
    for text in (os.strerror(code), f"Unable to synchronously open file (errno = {code})"):
        with pytest.raises(InvalidInputError) as caught, reading("f.h5"):
            raise OSError(code, text)
        assert words in str(caught.value)
        assert "damaged" not in str(caught.value)


def test_a_folder_whose_first_map_cannot_be_opened(tmp_path: Path) -> None:
    """It is a folder of maps all the same; what is wrong is told of the map."""
    np.save(tmp_path / "1.npy", maps(1)[0])
    (tmp_path / "0.npy").write_bytes(b"\x93NUMPY\x01\x00damaged")
    opened = open_predictions(tmp_path)
    with pytest.raises(InvalidInputError, match=r"0\.npy\), image 0 \(0\): cannot be read"):
        list(opened)
