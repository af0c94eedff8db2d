"""Files that appear whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from anomeval.errors import UsageError


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends well.

    If the block raises, the temporary file is removed and what stood at `path` is untouched.

    Raises:
        UsageError: the directory does not exist or cannot be written to.
    """
    path = Path(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:80]}.", dir=path.parent)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from None
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        _settle(temporary, path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def write_text(path: str | Path, text: str) -> None:
    """Write a text file (UTF-8, newlines as they are) whole or not at all."""
    write_bytes(path, text.encode())


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    with replacing(path) as temporary:
        try:
            temporary.write_bytes(content)
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error.strerror or error}") from None


def _settle(temporary: Path, path: Path) -> None:
    """Give the finished file its usual permissions, put it on the disk, and its name last."""
    mask = os.umask(0)
    os.umask(mask)
    try:
        temporary.chmod(0o666 & ~mask)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from None
