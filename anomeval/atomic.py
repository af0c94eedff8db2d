"""Files that appear whole or not at all."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from threading import current_thread, main_thread

from anomeval.errors import Problem, UsageError

_REMEDY = "check the permissions and the free space there"
_LONGEST_BEGINNING = 200  # bytes of a name, of which file systems allow 255

_INTERRUPTING = [
    number
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if (number := getattr(signal, name, None)) is not None
]


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path that takes the place of `path` when the block ends well.

    If the block raises, the temporary file is removed and what stood at `path` is untouched.

    Raises:
        UsageError: nothing can be written there.
    """
    replacement = Replacement(path)
    try:
        replacement.create()
        yield replacement.path
        replacement.commit()
    except OSError as error:
        raise replacement.failure(error) from error
    finally:
        replacement.discard()


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file (UTF-8, newlines as they are) whole or not at all."""
    write_bytes(path, text.encode())


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file whole or not at all; what is no file, such as a pipe, is written to as it is.

    Raises:
        UsageError: nothing can be written there.
    """
    if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
        try:
            with open(path, "wb") as stream:
                stream.write(content)
        except OSError as error:
            raise unwritable(path, error) from error
        return
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def temporary_name(name: str, suffix: str = ".part") -> str:
    """A name for what is not complete yet: hidden, no other's, short enough for file systems.

    Args:
        name: of what it will be. suffix: by default one that no directory search takes.
    """
    begun = name.encode("utf-8", "surrogateescape")[:_LONGEST_BEGINNING]
    return f".{begun.decode('utf-8', 'ignore')}.{token_hex(4)}{suffix}"


class Replacement:
    """A temporary file beside the final one, which takes its place in one step.

    Attributes:
        target: the final file; a link is followed.
        path: the temporary file, see `temporary_name`.
    """

    def __init__(self, target: str | os.PathLike[str]) -> None:
        """Choose the name of the temporary file.

        Raises:
            UsageError: nothing can be written there.
        """
        try:
            self.target = Path(os.path.realpath(target))  # which asks for the working directory
        except OSError as error:
            raise unwritable(target, error) from error
        self.path = self.target.with_name(temporary_name(self.target.name))
        if os.path.exists(self.target) and not self.target.is_file():
            what = "is a directory" if self.target.is_dir() else "is no regular file"
            raise UsageError(Problem(what, str(target), remedy="name a file"))
        if not self.target.parent.is_dir():
            remedy = f"create the directory {str(self.target.parent)!r} first"
            raise UsageError(Problem("cannot be written", str(target), remedy=remedy))

    def create(self) -> None:
        """Create it, empty. Whatever comes of it, Ctrl-C included, `discard` has to follow.

        Raises:
            UsageError: nothing can be written there.
        """
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except OSError as error:
            raise self.failure(error) from error

    def commit(self) -> None:
        """Put the temporary file, as it is on disk, in the place of the final one."""
        if self.target.exists():
            self.path.chmod(self.target.stat().st_mode & 0o7777)
        _flush(self.path)
        os.replace(self.path, self.target)
        if os.name == "posix":
            _flush(self.target.parent)

    def discard(self) -> None:
        """Remove the temporary file; the final one stays as it was. Safe to call twice."""
        self.path.unlink(missing_ok=True)

    def failure(self, error: OSError) -> UsageError:
        """What to raise when the system refuses to write."""
        return unwritable(self.target, error)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Hold Ctrl-C and what else asks for the end back until the block is done, then let it come.

    For calls into libraries that would swallow the interrupt, and with it a part of the output.
    """
    if current_thread() is not main_thread():  # it cannot come here
        yield
        return
    handlers = {number: signal.getsignal(number) for number in _INTERRUPTING}
    handlers = {number: handler for number, handler in handlers.items() if callable(handler)}
    held: list[int] = []
    for number in handlers:
        signal.signal(number, lambda number, _: held.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if held:
            signal.raise_signal(held[0])


def unwritable(target: str | os.PathLike[str], error: OSError) -> UsageError:
    """What to raise when the system refuses to write to a place."""
    what = f"cannot be written: {error.strerror or error}"
    return UsageError(Problem(what, str(target), remedy=_REMEDY))


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
