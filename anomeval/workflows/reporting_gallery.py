"""The gallery of a report: a second pass over only those images that it shows."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from anomeval.image_names import below_root, join, names_below_root
from anomeval.judging.post_processor import OneClassPostProcessor
from anomeval.names import clean_name
from anomeval.predictions.prediction_set import PredictionSet
from anomeval.predictions.preparation import PreparedImage, prepare
from anomeval.predictions.record import Image
from anomeval.reporting.numerals import counted
from anomeval.reporting.page.choice import Choice, choose
from anomeval.reporting.page.model import ColourScale, Gallery, Picture, ScoreSpread
from anomeval.reporting.page.pictures import map_uri, outline, photo_uri, reduced
from anomeval.reporting.result import ImageResult
from anomeval.workflows.reporting_parts import Files, Reading

GALLERY = 12
"""How many pictures each side of the gallery shows at most, unless asked otherwise."""

_NAMES_SHOWN = 3
_PLAIN = (4, 3)  # width and height of a picture where there is no map

Judges = Mapping[str, OneClassPostProcessor | None]


class Photographs:
    """The image files of a split below a folder, whatever folders their names begin with.

    Args:
        root: the folder, absolute. images: all of the split.
    """

    def __init__(self, root: Path, images: Sequence[ImageResult]) -> None:
        self._root = root
        self._names = names_below_root({image.image_path: image.category for image in images})

    def places(self, image_path: str) -> list[Path]:
        """Where the file of an image may be; only files in the folder, whatever the name says."""
        if "\0" in image_path:
            return []
        names = (image_path, join(below_root(image_path)), self._names.get(image_path, image_path))
        paths = [Path(os.path.normpath(self._root / name)) for name in dict.fromkeys(names)]
        return [path for path in paths if path.is_relative_to(self._root)]

    def uri(self, image_path: str) -> str | None:
        """The file of an image, reduced; None where there is none that can be read."""
        return next(filter(None, map(photo_uri, self.places(image_path))), None)

    def told(self, pictures: Sequence[Picture]) -> list[str]:
        """How many of these are missing, and where the first were looked for."""
        missing = [picture.image.image_path for picture in pictures if picture.photo is None]
        if not missing:
            return []
        found = len(pictures) - len(missing)
        places = [str(next(iter(self.places(name)), name)) for name in missing[:_NAMES_SHOWN]]
        more = ["…"] if len(missing) > _NAMES_SHOWN else []
        return [
            f"{found} of {counted(len(pictures), 'image')} could be read below the folder given by "
            f"--images; not {', '.join([*map(clean_name, places), *more])}"
        ]


class GalleryRequest(NamedTuple):
    """What to choose from, and how many.

    photographs: where image files are looked for, None = nowhere.
    scale: of the maps, None = no maps.
    """

    images: Sequence[ImageResult]
    judges: Judges
    photographs: "Photographs | None"
    scale: ColourScale | None
    most: int


def gather_gallery(files: Files, request: GalleryRequest, reading: Reading) -> Gallery:
    """Choose the worst images, and make pictures of them one at a time."""
    choices, by_decision = choose(request.images, request.judges, request.most)
    places = {choice.image.image_path: place for place, choice in enumerate(choices)}
    pictures: dict[int, Picture] = {}
    with reading.open(files) as predictions:
        for image in _read(predictions, places):
            place = places[image.entry.identity]
            pictures[place] = _picture(choices[place], prepare(image, reading.rules), request)
    shown = [pictures[place] for place in sorted(pictures)]
    notes = request.photographs.told(shown) if request.photographs else []
    return Gallery(shown, request.scale, by_decision, notes)


def colour_scale(spreads: Sequence[ScoreSpread]) -> ColourScale | None:
    """One scale for all maps: scores as the fit normalizes them, else the range of all scores."""
    pixels = [spread for spread in spreads if spread.level == "pixel"]
    if not pixels:
        return None
    if all(spread.fitted for spread in pixels):
        cuts = {one.fitted.scale.normalized_threshold for one in pixels if one.fitted}
        return ColourScale(0.0, 1.0, normalized=True, cut=cuts.pop() if len(cuts) == 1 else None)
    low = min(float(spread.test.edges[0]) for spread in pixels)
    high = max(float(spread.test.edges[-1]) for spread in pixels)
    return ColourScale(low, high, normalized=False)


def _read(predictions: PredictionSet, wanted: Mapping[str, int]) -> Iterator[Image]:
    """Those images that are wanted, one in memory at a time."""
    for file in predictions.files:
        indices = [n for n, entry in enumerate(file.entries) if entry.identity in wanted]
        if file.random_access:
            for index in indices:
                yield from file.images(index, index + 1)
        elif indices:
            for image in file.images(0, max(indices) + 1):
                if image.entry.identity in wanted:
                    yield image


def _picture(choice: Choice, image: PreparedImage, request: GalleryRequest) -> Picture:
    photo = None
    if request.photographs is not None and image.entry.named:
        photo = request.photographs.uri(image.entry.identity)
    scores = image.anomaly_map
    if request.scale is None or scores is None:
        return Picture(choice.side, choice.image, choice.severity, *_PLAIN, photo=photo)
    scores = reduced(scores)
    judge = request.judges.get(choice.image.category or "") or request.judges.get("")
    fitted = judge.pixel if judge else None
    shown = scores
    if request.scale.normalized and fitted:
        shown = fitted.scale.normalize(scores)
    return Picture(
        side=choice.side,
        image=choice.image,
        severity=choice.severity,
        width=scores.shape[1],
        height=scores.shape[0],
        map=map_uri(shown, request.scale),
        photo=photo,
        truth="" if image.mask is None else outline(reduced(image.mask)),
        decision=outline(fitted.scale.is_anomalous(scores)) if fitted else "",
    )
