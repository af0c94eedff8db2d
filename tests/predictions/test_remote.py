"""Files that lie elsewhere are read in place, and give what they give on a disk."""

import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

import anomeval
from anomeval.errors import InvalidInputError
from anomeval.predictions import open_predictions
from anomeval.predictions.paths import expand
from anomeval.predictions.remote import is_remote
from anomeval.reporting.as_json import result_to_json
from tests.support import run_cli

from .conftest import Make, flat, maps

fsspec = pytest.importorskip("fsspec")

SUFFIXES = ("h5", "npz")


@pytest.fixture
def memory() -> Iterator[object]:
    """Files by path in the memory of this process."""
    files = fsspec.filesystem("memory")
    files.store.clear()
    yield files
    files.store.clear()


def uploaded(files, path: str, name: str) -> str:
    files.pipe(name, Path(path).read_bytes())
    return f"memory://{name}"


def same_but_for_its_place(remote: str, local: str, jobs: int = 3) -> None:
    results = [
        result_to_json(anomeval.score([path], confidence=None, jobs=jobs).result)
        for path in (remote, local)
    ]
    assert results[0].replace(remote, local) == results[1]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_remote_file_gives_the_same_bytes(make: Make, memory, suffix: str) -> None:
    path = make(f"test.{suffix}", flat(30))
    # fsspec's memory gives every thread the same open file: one thread
    same_but_for_its_place(uploaded(memory, path, f"/bucket/run/test.{suffix}"), path, jobs=1)


def test_folders_and_patterns(make: Make, memory) -> None:
    """As on a disk: sorted, hidden ones apart."""
    path = make("test.h5", flat(2))
    for name in ("b/test.h5", "a/test.h5", "a/val.npz", "a/notes.txt", ".old/x.h5"):
        uploaded(memory, path, f"/bucket/{name}")
    whole = [f"memory:///bucket/{name}" for name in ("a/test.h5", "a/val.npz", "b/test.h5")]
    assert expand("memory://bucket") == expand("memory://bucket/") == whole
    assert expand("memory://bucket/*/test.h5") == [whole[0], whole[2]]
    assert expand("memory://bucket/a/test.h5") == ["memory://bucket/a/test.h5"]


def test_addresses_are_told_from_paths() -> None:
    assert is_remote("s3://bucket/test.h5")
    assert not any(map(is_remote, ("runs/test.h5", "C:/test.h5", "C://test.h5", "a:b", "")))


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("memory://bucket/none.h5", "does not exist"),
        ("memory://bucket/*.h5", "names no prediction file"),
        ("nowhere://bucket/x.h5", "cannot be reached: Protocol not known"),
    ],
)
def test_what_cannot_be_reached_is_named(memory, address: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        open_predictions(address)


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(InvalidInputError, match=r"pip install 'anomeval\[remote\]'"):
        open_predictions("s3://bucket/test.h5")


def test_what_is_no_prediction_file_is_told(memory) -> None:
    memory.pipe("/bucket/test.h5", b"")
    with pytest.raises(InvalidInputError, match="is empty"):
        open_predictions("memory://bucket/test.h5")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_named_twice_or_changed_meanwhile_is_refused(make: Make, memory, suffix) -> None:
    address = uploaded(memory, make(f"test.{suffix}", flat(3)), f"/bucket/test.{suffix}")
    with pytest.raises(InvalidInputError, match="named twice"):
        open_predictions([address, address])
    opened = open_predictions(address)
    uploaded(memory, make(f"test.{suffix}", flat(4)), f"/bucket/test.{suffix}")
    with pytest.raises(InvalidInputError, match="was changed"):
        list(opened)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_connection_that_fails_on_the_way_is_told(make, memory, monkeypatch, suffix) -> None:
    """With the file, the field and the image, and not as damage of the file."""
    from fsspec.implementations.memory import MemoryFile

    noise = np.random.default_rng(0).normal(size=(3, 200, 200)).astype(np.float32)
    path = make(f"test.{suffix}", {"anomaly_map": noise, "gt_label": [0, 1, 1]})
    opened = open_predictions(uploaded(memory, path, f"/bucket/test.{suffix}"))
    images = iter(opened)
    next(images)

    def failing(self, *_):
        raise KeyError("connection lost")

    monkeypatch.setattr(MemoryFile, "read", failing)
    with pytest.raises(InvalidInputError, match=r"anomaly_map, image 1.*where it lies.*lost"):
        list(images)


class Ranges(SimpleHTTPRequestHandler):
    """Serves parts of files, as object stores do, and counts the bytes."""

    sent = 0

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        content = Path(self.translate_path(self.path)).read_bytes()
        asked = self.headers.get("Range")
        first, last = 0, len(content) - 1
        if asked:
            start, end = asked.removeprefix("bytes=").split("-")
            first, last = int(start), min(int(end or last), last)
        part = content[first : last + 1]
        type(self).sent += len(part)
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(part)))
        self.send_header("Accept-Ranges", "bytes")
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        self.end_headers()
        self.wfile.write(part)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a web server of this folder."""
    pytest.importorskip("aiohttp")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Ranges, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_over_http(make: Make, served: str, suffix: str) -> None:
    """On the command line, with the look through the file in a process of its own."""
    path = make(f"test.{suffix}", flat(30))
    given = run_cli("score", f"{served}/test.{suffix}", "--no-confidence", "--json", "-")
    assert given.status == 0, given.stderr
    expected = run_cli("score", path, "--no-confidence", "--json", "-").stdout
    assert given.stdout.replace(f"{served}/test.{suffix}", path) == expected
    missing = run_cli("score", f"{served}/none.{suffix}")
    assert (missing.status, "Traceback" in missing.stderr) == (3, False)


def test_headers_are_read_without_the_pixels(make: Make, served: str) -> None:
    """A look at a large file fetches some blocks of it, not all."""
    columns = flat(2) | {"anomaly_map": np.zeros((2, 1500, 3000), np.float32)}
    columns["gt_mask"] = np.zeros((2, 1500, 3000), np.uint8)
    path = make("test.h5", columns)
    Ranges.sent = 0
    assert len(open_predictions(f"{served}/test.h5")) == 2
    assert Ranges.sent < Path(path).stat().st_size / 2
    assert maps(1).ndim == 3
