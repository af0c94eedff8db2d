r"""State files: evidence on its way between machines, exact and compact.

A state holds all that one pass over some images leaves behind, so states of parts of a data set
merge into exactly what a pass over the whole would have given. The same content always makes the
same bytes: the order of images, files and merges and the counting core leave no trace.

The file, in little-endian byte order throughout:

    17 bytes   "anomeval.state/3\n"
    u64        length of the content
    16 bytes   xxh3_128 digest of the content
    content

The content is a sequence of columns. `state_stream` describes how a column of whole numbers or
texts becomes bytes (blocks of at most 65,536 entries, bytes sorted by significance, deflated), and
how little is believed when it is read back. In this order:

    header     one text, strict JSON with sorted keys: the settings under which evidence was
               collected and that parts of one data set must share ("settings"), whether pixels
               were judged ("has_pixels"), the fields that every file has ("fields"), the paths of
               the files ("files"), of those with images that are known by position only
               ("unnamed") and of those with normalized scores ("normalized"), the mask values that
               files say are to be ignored ("ignored"), and how many images there are ("images")
    cells      two columns of texts: category and defect type of each cell, ascending, missing
               texts first
    of each cell
        images     the rows of its images                                    (`state_images`)
        sections   each begins with a column of one text, its name:
            observations   how many images gave rise to each                 (`state_images`)
            normals        exact counts of the scores of normal images       (`state_pixels`)
            background     exact counts of the scores outside masks          (`state_pixels`)
            regions        anomalous pixels, region by region                (`state_regions`)
            saturated      of those, the ones that can matter to sPRO            (`state_regions`)
            outlines       a coarse histogram of each image                  (`state_regions`)

What a table of scores takes: a float32 becomes an integer key of the same order, and a table tells
the gaps between successive keys and how often each occurs (`state_scores`). Gaps are small where
scores are many and are zero where scores are few and dense, so a map of uint8 takes some hundred
bytes however many pixels it has, and float32 maps take about one byte per pixel, or less.

Not in the file: which core counted, when, where, and by which version; and no code, so a file from
anywhere can be read without trusting it. A new kind of evidence is a new section, and a new number
in the first line.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from anomeval.atomic import replacing
from anomeval.evidence.evidence import Evidence
from anomeval.evidence.images import ImageRow, by_identity
from anomeval.evidence.state_header import Header, header_of, header_text
from anomeval.evidence.state_images import (
    read_images,
    read_observations,
    renamed,
    write_images,
    write_observations,
)
from anomeval.evidence.state_pixels import (
    read_background,
    read_normals,
    write_background,
    write_normals,
)
from anomeval.evidence.state_regions import (
    read_outlines,
    read_regions,
    read_saturated,
    write_outlines,
    write_regions,
    write_saturated,
)
from anomeval.evidence.state_seal import Source, opened, sealed
from anomeval.evidence.state_stream import DamagedError, Reader, Writer

CellKey = tuple[str | None, str | None]


class _Section(NamedTuple):
    """One kind of evidence; `rows` are those of the cell in the order in which they are written."""

    name: str
    write: Callable[[Writer, Evidence, Sequence[ImageRow]], None]
    read: Callable[[Reader, Evidence, Sequence[ImageRow]], None]


_SECTIONS = (
    _Section("observations", write_observations, read_observations),
    _Section("normals", write_normals, read_normals),
    _Section("background", write_background, read_background),
    _Section("regions", write_regions, read_regions),
    _Section("saturated", write_saturated, read_saturated),
    _Section("outlines", write_outlines, read_outlines),
)


@dataclass(frozen=True)
class State:
    """Evidence of some images with all that must be known to go on with it.

    cells: (category, defect type) → evidence, as it is kept apart.
    """

    header: Header
    cells: Mapping[CellKey, Evidence]


def save_state(path: str | Path, state: State) -> None:
    """Write a state file whole or not at all.

    Raises:
        UsageError: the file cannot be written.
    """
    with replacing(path) as temporary, temporary.open("wb") as file:
        _write(file, state)


def state_bytes(state: State) -> bytes:
    """The content of a state file."""
    file = io.BytesIO()
    _write(file, state)
    return file.getvalue()


def read_header(source: Source) -> Header:
    """Check a state file and read its header.

    Args:
        source: a path, or the content of a state file.

    Raises:
        InvalidInputError: it is not there, not a state file, cut off, damaged, or of another
            version.
    """
    with opened(source) as reader:
        return _read_header(reader)


def load_state(source: Source, names: Mapping[str, str] | None = None) -> State:
    """Read a state file.

    Args:
        source: a path, or the content of a state file.
        names: path of a prediction file → what its images without an `image_path` are called
            after, where that is not what they were called when the state was made.

    Raises:
        InvalidInputError: as `read_header`.
    """
    with opened(source) as reader:
        header = _read_header(reader)
        categories = reader.texts()
        keys = list(zip(categories, reader.texts(len(categories)), strict=True))
        cells = {key: _read_evidence(reader, names or {}) for key in keys}
        reader.end()
        if sum(len(evidence.images) for evidence in cells.values()) != header.images:
            raise DamagedError("there are more or fewer images than the header says")
    return State(header, cells)


def _write(file: BinaryIO, state: State) -> None:
    keys = sorted(state.cells, key=_ascending)
    with sealed(file) as writer:
        writer.texts([header_text(state.header)])
        writer.texts([category for category, _ in keys])
        writer.texts([part for _, part in keys])
        for key in keys:
            _write_evidence(writer, state.cells[key])


def _write_evidence(writer: Writer, evidence: Evidence) -> None:
    rows = by_identity(evidence.images)
    write_images(writer, rows)
    for section in _SECTIONS:
        writer.texts([section.name])
        section.write(writer, evidence, rows)


def _ascending(key: CellKey) -> tuple[tuple[bool, str], ...]:
    return tuple((text is not None, text or "") for text in key)


def _read_header(reader: Reader) -> Header:
    [text] = reader.known_texts(1)
    return header_of(text)


def _read_evidence(reader: Reader, names: Mapping[str, str]) -> Evidence:
    evidence = Evidence()
    evidence.images = renamed(read_images(reader), names)
    for section in _SECTIONS:
        [name] = reader.known_texts(1)
        if name != section.name:
            raise DamagedError(f"its section {name!r} stands where {section.name!r} should")
        section.read(reader, evidence, evidence.images)
    return evidence
