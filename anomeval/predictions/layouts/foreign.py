"""What a layout of other people's is to the rest of the package."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from anomeval.predictions.layouts.pixels import LARGEST_IMAGE
from anomeval.predictions.record import PredictionFile


@dataclass(frozen=True, slots=True)
class Reading:
    """How files are read, as the user asked for it.

    fields: canonical field → the name it has in the files.
    truth: a data set, a folder of masks or a table that tells what is true of the images.
    layout: name of the layout; None = recognize it.
    max_image_pixels: an image that declares more is refused before it is read.
    allow_pickle: read pickles, too, through an unpickler that builds nothing but data.
    isolated: look through a file in a process of its own, see `isolation`.
    skip_bad: leave out images that cannot be evaluated, and tell which.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    truth: str | Path | None = None
    layout: str | None = None
    max_image_pixels: int = LARGEST_IMAGE
    allow_pickle: bool = False
    isolated: bool = False
    skip_bad: bool = False


class ForeignLayout(NamedTuple):
    """A layout, and how to open it.

    name: what it is called on the command line; title: in messages.
    recognizes: whether a folder looks like it. Reads names, and the header of a file at most.
    open: predictions, without truth that lies elsewhere.
    holds_truth: whether the truth lies in the same folder as the maps.
    """

    name: str
    title: str
    recognizes: Callable[[str], bool]
    open: Callable[[str, Reading], PredictionFile]
    holds_truth: Callable[[str], bool]
