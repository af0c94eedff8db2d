"""Errors of files, put into words: what is wrong with which file, and what helps."""

import errno
import lzma
import os
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from anomeval.errors import InvalidInputError, Problem
from anomeval.predictions.remote import RemoteError

WRITE_AGAIN = "write or copy the file again"
_LOCKED = "another program is writing it; wait until that has finished"
_NOT_CLOSED = (
    "wait until that has finished; if it died, write the file again, or take what there is: "
    "h5clear --status FILE"
)

_BY_ERRNO = {
    errno.ENOENT: ("does not exist", "check the path"),
    errno.EACCES: ("permission denied", "allow this user to read it (chmod u+r)"),
    errno.EPERM: ("permission denied", "allow this user to read it (chmod u+r)"),
    errno.EISDIR: ("is a directory", "name a file, or a directory that holds prediction files"),
    errno.EAGAIN: ("is locked", _LOCKED),
    errno.ENOTDIR: ("does not exist", "check the path"),
    errno.EMFILE: ("too many open files", "raise the limit of this process (ulimit -n)"),
    errno.ENFILE: ("too many open files", "close other programs: the limit of the system is met"),
    errno.ELOOP: ("is a link in a circle", "name the file itself"),
    errno.ENAMETOOLONG: ("has a name that is too long", "rename it"),
    errno.ENOMEM: ("does not fit into memory", "free some, or read it on a larger machine"),
}

_DISTURBED = (
    *("EIO", "ESTALE", "ETIMEDOUT", "ENXIO", "ENODEV", "EREMOTEIO", "ENOTCONN", "EHOSTDOWN"),
    *("EHOSTUNREACH", "ECONNRESET", "ECONNABORTED", "ENETDOWN", "ENETUNREACH", "ENOLCK"),
)
"""What a disk or a network is to blame for, where the system knows of it."""

_DISTURBANCES = {getattr(errno, name, None) for name in _DISTURBED} - {None}


class FileDamage(zipfile.BadZipFile):
    """Damage that is known of a whole array, and not of the image that was read at last."""


UNREADABLE = "cannot be read: the library that reads it crashes or does not end"


class Lost(OSError):
    """The process in which a library read something has crashed, or did not end."""


# What h5py, zipfile, zlib and NumPy raise at damaged bytes. `reading` wraps their calls only.
LIBRARY_ERRORS = (
    OSError,
    EOFError,
    RuntimeError,
    LookupError,
    ValueError,
    TypeError,
    ArithmeticError,
    MemoryError,
    SyntaxError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


@contextmanager
def reading(
    path: str, field: str | None = None, index: int | None = None, image: str | None = None
) -> Iterator[None]:
    """Turn whatever a library raises inside into an `InvalidInputError` that names the place."""
    try:
        yield
    except LIBRARY_ERRORS as error:
        what, remedy = explained(error)
        if isinstance(error, FileDamage):
            index = image = None
        raise InvalidInputError(Problem(what, path, field, index, image, remedy)) from error


def explained(error: BaseException) -> tuple[str, str]:
    """(what, remedy) for an error of the system or of a library."""
    known = _BY_ERRNO.get(error.errno or 0) if isinstance(error, OSError) else None
    text = " ".join(str(error).split()).rstrip(".")
    if known:
        return known
    if isinstance(error, Lost):
        return UNREADABLE, WRITE_AGAIN
    if isinstance(error, OSError) and error.errno in _DISTURBANCES:
        what = f"cannot be read ({os.strerror(error.errno or 0)})"
        return what, "check the disk or the connection, then try again"
    if isinstance(error, MemoryError):
        return "does not fit into memory", f"check the sizes it declares, or {WRITE_AGAIN}"
    if isinstance(error, RemoteError):
        return f"cannot be read from where it lies ({text})", "try again, or copy the file here"
    if "lock file" in text:
        return "is locked", _LOCKED
    if "already open for write" in text or "consistency flags" in text:
        what = "was not closed by the program that writes it: HDF5 has marked it as open"
        return what, _NOT_CLOSED
    if "filter" in text and ("plugin" in text or "not registered" in text):
        return (
            f"needs a compression filter that is missing ({text})",
            "pip install 'anomeval[hdf5plugin]'",
        )
    if "truncated" in text:
        return f"is truncated ({text})", WRITE_AGAIN
    return f"cannot be read, it is damaged ({text or type(error).__name__})", WRITE_AGAIN


def gathered(problems: Sequence[Problem]) -> list[Problem]:
    """Problems that differ only in the image, told once: the first image, and how many more."""
    kinds = Counter(_kind(problem) for problem in problems)
    told: list[Problem] = []
    for problem in problems:
        more = kinds.pop(_kind(problem), 0) - 1
        if more == 0:
            told.append(problem)
        elif more > 0:
            told.append(replace(problem, what=f"{problem.what} (and in {more} more images)"))
    return told


def _kind(problem: Problem) -> tuple[str | None, ...]:
    unique = None if problem.index is not None or problem.image is not None else str(id(problem))
    return problem.file, problem.field, problem.what, problem.remedy, unique
