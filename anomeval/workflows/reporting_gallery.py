"""The gallery of a report: a second pass over only those images that it shows."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from anomeval.judging.post_processor import OneClassPostProcessor
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

_PLAIN = (4, 3)  # width and height of a picture where there is no map

Judges = Mapping[str, OneClassPostProcessor | None]


class GalleryRequest(NamedTuple):
    """What to choose from, and how many.

    root: the folder of image files, None = there are none. scale: of the maps, None = no maps.
    """

    images: Sequence[ImageResult]
    judges: Judges
    root: Path | None
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
    return Gallery(shown, request.scale, by_decision, _notes(shown, request))


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
    photo = _photo(image, request.root)
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


def _photo(image: PreparedImage, root: Path | None) -> str | None:
    """The image file; only files in the folder are looked at, whatever the name says."""
    if root is None or not image.entry.named or "\0" in image.entry.identity:
        return None
    path = Path(os.path.normpath(root / image.entry.identity))
    return photo_uri(path) if path.is_relative_to(root) else None


def _notes(pictures: Sequence[Picture], request: GalleryRequest) -> list[str]:
    missing = sum(picture.photo is None for picture in pictures)
    if request.root is None or not missing:
        return []
    return [f"{counted(missing, 'image')} could not be read under the folder given by --images"]
