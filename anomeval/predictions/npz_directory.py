"""Whether the directory of a ZIP file tells of all that is in the file.

The directory stands at the end, without a checksum. A damaged one can lose a member: a file would
be evaluated without its labels, and nobody be told. So the members must fill the file without a
gap, and each must say itself what it is called.
"""

import struct
from typing import BinaryIO
from zipfile import ZipFile, ZipInfo

_LOCAL = struct.Struct("<4s2xH18x2H")  # signature, flags, lengths of name and extra field
_SIGNATURE = b"PK\x03\x04"
_UTF8 = 0x800
_DESCRIBED_BEHIND = 0x8
_DESCRIPTORS = (12, 16, 20, 24)  # bytes behind a member that was written to a stream


def check_directory(archive: ZipFile, file: BinaryIO) -> None:
    """Hold the directory of an archive against its members.

    Args:
        archive: open for reading.
        file: the same file, in bytes; its position is moved.

    Raises:
        ValueError, EOFError: they do not fit.
    """
    end = 0
    described = False  # whether the member before may have a descriptor behind it
    for info in sorted(archive.infolist(), key=lambda info: info.header_offset):
        _check_gap(info.header_offset - end, described=described)
        end = data_offset(file, info) + info.compress_size
        described = bool(info.flag_bits & _DESCRIBED_BEHIND)
    _check_gap(archive.start_dir - end, described=described)


def data_offset(file: BinaryIO, info: ZipInfo) -> int:
    """Where the bytes of a member begin: behind its local header, whose length varies.

    Raises:
        ValueError, EOFError: there is no header, or one of another name.
    """
    file.seek(info.header_offset)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size:
        raise EOFError("it ends too early")
    signature, flags, name_length, extra_length = _LOCAL.unpack(header)
    name = file.read(name_length)
    known = info.orig_filename.encode("utf-8" if flags & _UTF8 else "cp437", "replace")
    if signature != _SIGNATURE or name != known:
        what = f"its directory tells of a member {info.orig_filename!r} in a wrong place"
        raise ValueError(what)
    return info.header_offset + int(_LOCAL.size + name_length + extra_length)


def _check_gap(gap: int, *, described: bool) -> None:
    if gap and not (described and gap in _DESCRIPTORS):
        raise ValueError("its directory does not tell of all that is in the file")
