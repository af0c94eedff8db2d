"""Putting the checksums of damaged files right again, so that the damage gets past them."""

import io
import zipfile
import zlib
from contextlib import suppress

_PNG_SIGNATURE = 8
_LOCAL, _CENTRAL = b"PK\3\4", b"PK\1\2"


def sealed_png(content: bytes) -> bytes:
    """The content with the checksum of each chunk as it should be, as far as chunks can be told."""
    sealed = bytearray(content)
    start = _PNG_SIGNATURE
    while start + 12 <= len(sealed):
        end = start + 8 + int.from_bytes(sealed[start : start + 4])
        if end + 4 > len(sealed):
            break
        sealed[end : end + 4] = zlib.crc32(sealed[start + 4 : end]).to_bytes(4)
        start = end + 4
    return bytes(sealed)


def sealed_zip(content: bytes) -> bytes:
    """The content with the checksum of each member as it should be, as far as they can be told."""
    sealed = bytearray(content)
    with suppress(*_DAMAGE), zipfile.ZipFile(io.BytesIO(content)) as archive:
        entry = archive.start_dir
        for member in archive.infolist():
            checksum = zlib.crc32(_member(content, member)).to_bytes(4, "little")
            _put(sealed, member.header_offset, _LOCAL, 14, checksum)
            entry = sealed.find(_CENTRAL, entry)
            _put(sealed, entry, _CENTRAL, 16, checksum)
            entry += len(_CENTRAL)
    return bytes(sealed)


_DAMAGE = (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, OSError, LookupError)


def _member(content: bytes, member: zipfile.ZipInfo) -> bytes:
    """What a member holds, whatever its checksum says."""
    header = content[member.header_offset :][:30]
    names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    packed = content[member.header_offset + 30 + names :][: member.compress_size]
    return packed if member.compress_type == zipfile.ZIP_STORED else zlib.decompress(packed, -15)


def _put(content: bytearray, start: int, mark: bytes, offset: int, number: bytes) -> None:
    if start >= 0 and content[start : start + 4] == mark:
        content[start + offset : start + offset + 4] = number
