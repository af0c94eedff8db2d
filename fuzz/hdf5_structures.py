"""Damaging the structure of HDF5 files: what stands where, and how its checksums are put right.

Structures are found in the sound file by their signatures, and headers of objects that have none
by the links that lead to them. Damage moves nothing, so that they are in the same places after it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

from anomeval.predictions.chunked import fletcher32

_SIGNATURES = (
    *(b"TREE", b"SNOD", b"HEAP", b"GCOL", b"OHDR", b"OCHK", b"FRHP", b"FHDB", b"FHIB"),
    *(b"BTHD", b"BTLF", b"BTIN", b"FAHD", b"FADB", b"EAHD", b"EAIB", b"EADB", b"EASB", b"FSHD"),
)
_PLAIN_SIZES = {b"BTHD": 34, b"FRHP": 142, b"FAHD": 24, b"EAHD": 68}
"""Bytes before the checksum, where that is one number."""

_LARGEST_SEARCHED = 1400  # bytes of a structure whose size is found by trying
_BLOCKS = (512, 1024, 2048, 4096)
_REACH = 320  # bytes from the start of a structure that are damaged
_MOST_AT_ONCE = 3
_EDGES = (0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
_EDGES += (1 << 31, 1 << 40, (1 << 63) - 1, (1 << 64) - 1)
_MASK = 0xFFFFFFFF


@dataclass(frozen=True)
class Seal:
    """A checksum: over `start` to `end`, stored at `at`, which counts as zeros if it lies within.

    chunk: of the values of a chunk, not of a structure.
    """

    start: int
    end: int
    at: int
    chunk: bool = False

    def of(self, content: bytes | bytearray) -> bytes:
        """What it should be."""
        part = bytearray(content[self.start : self.end])
        if self.chunk:
            import numpy as np

            return fletcher32(np.frombuffer(part, np.uint8)).to_bytes(4, "little")
        if self.start <= self.at < self.end:
            part[self.at - self.start : self.at - self.start + 4] = bytes(4)
        return lookup3(part).to_bytes(4, "little")


@dataclass(frozen=True)
class Structures:
    """Where structures begin, and their checksums."""

    starts: tuple[int, ...]
    seals: tuple[Seal, ...]


def damaged_structure(content: bytes, random: Random) -> bytes:
    """A sound file with one to three numbers of its structure changed; checksums mostly right."""
    structures = structures_of(content)
    damage = bytearray(content)
    for _ in range(random.randint(1, _MOST_AT_ONCE)):
        start = random.choice(structures.starts)
        at = start + random.randrange(_REACH if random.random() < 0.3 else 64)
        width = random.choice((1, 1, 2, 4, 8))
        if at + width <= len(damage):
            old = int.from_bytes(damage[at : at + width], "little")
            number = _number(old, len(content), structures.starts, random)
            damage[at : at + width] = (number % (1 << 8 * width)).to_bytes(width, "little")
    if random.random() < 0.85:
        for seal in sorted(structures.seals, key=lambda seal: not seal.chunk):
            damage[seal.at : seal.at + 4] = seal.of(damage)
    return bytes(damage)


def _number(old: int, size: int, starts: tuple[int, ...], random: Random) -> int:
    """Another number for a field: near the old one, an edge, a place in the file, or any."""
    return random.choice(
        (
            old + random.choice((-8, -4, -2, -1, 1, 2, 4, 8)),
            old ^ 1 << random.randrange(64),
            random.choice(_EDGES),
            random.choice(starts),
            size - random.choice((0, 1, 8)),
            old * 2,
            old // 2,
            random.randrange(256),
        )
    )


@cache
def structures_of(content: bytes) -> Structures:
    """What a sound file consists of."""
    starts = {0, *_headers(content)}
    for signature in _SIGNATURES:
        at = content.find(signature)
        while at >= 0:
            starts.add(at)
            at = content.find(signature, at + 1)
    seals = [seal for start in sorted(starts) if (seal := _seal(content, start))]
    return Structures(tuple(sorted(starts)), (*seals, *_chunk_seals(content)))


def _seal(content: bytes, start: int) -> Seal | None:
    """The checksum of the structure at a place, if it has one."""
    signature = content[start : start + 4]
    if start == 0:
        sizes: Iterator[int] = iter([44])
    elif signature == b"OHDR":
        sizes = iter([_header_size(content, start)])
    elif signature in _PLAIN_SIZES:
        sizes = iter([_PLAIN_SIZES[signature]])
    elif signature == b"FHDB":
        return _block_seal(content, start)
    elif signature in (b"TREE", b"SNOD", b"HEAP", b"GCOL") or signature not in _SIGNATURES:
        return None
    else:
        sizes = iter(range(6, min(_LARGEST_SEARCHED, len(content) - start - 4)))
    for size in sizes:
        seal = Seal(start, start + size, start + size)
        if seal.of(content) == content[seal.at : seal.at + 4]:
            return seal
    return None


def _header_size(content: bytes, start: int) -> int:
    """Bytes of an object header of version 2 before its checksum."""
    flags = content[start + 5]
    at = start + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
    width = 1 << (flags & 3)
    return at + width - start + int.from_bytes(content[at : at + width], "little")


def _block_seal(content: bytes, start: int) -> Seal | None:
    """A direct block of a fractal heap holds its own checksum, behind an offset of 2 to 8 bytes."""
    for size in _BLOCKS:
        for offset in range(2, 9):
            seal = Seal(start, start + size, start + 13 + offset)
            if seal.of(content) == content[seal.at : seal.at + 4]:
                return seal
    return None


def _headers(content: bytes) -> list[int]:
    """Where the headers of all objects begin."""
    import h5py

    found: list[int] = []
    with _opened(content) as file:
        found.append(h5py.h5o.get_info(file.id).addr)
        file.visititems(lambda _, item: found.append(h5py.h5o.get_info(item.id).addr))
    return found


def _chunk_seals(content: bytes) -> list[Seal]:
    """The checksums of chunks that end with one."""
    import h5py

    found: list[Seal] = []

    def look(_: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and item.chunks and item.fletcher32:
            for n in range(item.id.get_num_chunks()):
                chunk = item.id.get_chunk_info(n)
                end = chunk.byte_offset + chunk.size - 4
                found.append(Seal(chunk.byte_offset, end, end, chunk=True))

    with _opened(content) as file:
        file.visititems(look)
    return found


def _opened(content: bytes):  # type: ignore[no-untyped-def]  # noqa: ANN202
    import io

    import h5py

    return h5py.File(io.BytesIO(content), "r")


def lookup3(content: bytes | bytearray) -> int:
    """The checksum of structures of HDF5: Bob Jenkins' lookup3 of 2006, from 0."""
    a = b = c = (0xDEADBEEF + len(content)) & _MASK
    last = max(len(content) - 1, 0) // 12 * 12
    for at in range(0, last, 12):
        a, b, c = _mixed(*_added(content, at, a, b, c))
    if content:
        a, b, c = _added(content, last, a, b, c)
        for left, right, turn in _FINAL:
            values = [a, b, c]
            values[left] = ((values[left] ^ values[right]) - _turned(values[right], turn)) & _MASK
            a, b, c = values
    return c


_FINAL = ((2, 1, 14), (0, 2, 11), (1, 0, 25), (2, 1, 16), (0, 2, 4), (1, 0, 14), (2, 1, 24))


def _added(content: bytes | bytearray, at: int, a: int, b: int, c: int) -> tuple[int, int, int]:
    words = [int.from_bytes(content[at + n : at + n + 4], "little") for n in (0, 4, 8)]
    for n in (0, 4, 8):
        if at + n >= len(content):
            words[n // 4] = 0
    return (a + words[0]) & _MASK, (b + words[1]) & _MASK, (c + words[2]) & _MASK


def _mixed(a: int, b: int, c: int) -> tuple[int, int, int]:
    for turn in (4, 6, 8, 16, 19, 4):
        a = ((a - c) & _MASK) ^ _turned(c, turn)
        a, b, c = b, (c + b) & _MASK, a
    return a, b, c


def _turned(value: int, turn: int) -> int:
    return (value << turn | value >> 32 - turn) & _MASK
