"""Whether results are about the same thing: images, ground truth, settings. Each difference named.

Models may differ, and so may the fits that belong to them; all else has to agree.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from anomeval.errors import Problem
from anomeval.gates.naming import Named, aligned
from anomeval.names import clean_name
from anomeval.reporting.numerals import counted
from anomeval.reporting.result import ImageRecord

FREE = ("fit", "core", "by", "plugins")
"""Settings that may differ: each model has a fit of its own, both cores count alike, and rows that
are asked for in one result only are missed where they are needed; so are metrics of plugins."""

_SHOWN = 5

_TRUTHS: Mapping[str, Callable[[ImageRecord], object]] = {
    "label": lambda image: image.anomalous,
    "mask": lambda image: (image.mask, [region.size for region in image.regions]),
    "category": lambda image: image.category,
    "defect_type": lambda image: image.defect_type,
    "group_id": lambda image: image.group_id,
}


def differences(first: Named, second: Named) -> list[Problem]:
    """Everything that forbids to set two results against each other; empty if nothing does."""
    lacking = [*incomplete(first), *incomplete(second)]
    return [*lacking, *_settings(first, second), *_images(first, second)]


def incomplete(named: Named) -> list[Problem]:
    """Why a result is about less than its files hold, so that no verdict can rest on it."""
    name, result = named
    if not (skipped := result.data.skipped_images):
        return []
    what = f"{name} leaves out {counted(skipped, 'image')} that cannot be evaluated (--skip-bad)"
    return [Problem(what, remedy="mend these images, or take them out of the files")]


def _settings(first: Named, second: Named) -> list[Problem]:
    (name, one), (other_name, other) = first, second
    keys = dict.fromkeys([*one.settings, *other.settings])
    return [
        Problem(
            f"setting {key!r} differs: {one.settings.get(key)!r} in {name}, "
            f"{other.settings.get(key)!r} in {other_name}"
        )
        for key in keys
        if key not in FREE and one.settings.get(key) != other.settings.get(key)
    ]


def _images(first: Named, second: Named) -> list[Problem]:
    results = (first[1], second[1])
    names = (first[0], second[0])
    anonymous = [name for name, result in (first, second) if not result.data.ground_truth]
    if anonymous:
        return [Problem(f"{name} does not tell of which images it is") for name in anonymous]
    other, pairing = aligned(first, second)
    ours, theirs = ({image.image_path: image for image in r.images} for r in (results[0], other))
    common = sorted(ours.keys() & theirs.keys())
    problems = [
        *_surplus(names[0], ours.keys() - theirs.keys()),
        *_surplus(names[1], theirs.keys() - ours.keys()),
    ]
    if problems:
        problems[-1] = replace(problems[-1], remedy=_remedy(len(common), pairing.refusal))
    for what, truth in _TRUTHS.items():
        changed = [path for path in common if truth(ours[path]) != truth(theirs[path])]
        if changed:
            problems.append(Problem(f"the {what} of {_listed(changed)} is not the same"))
    digests = {result.data.ground_truth for result in results}  # names enter them
    if not problems and len(digests) > 1 and not pairing.renamed:
        return [Problem("the group_id or mask of some images is not the same")]
    return problems


def _surplus(name: str, paths: Iterable[str]) -> list[Problem]:
    paths = sorted(paths)
    return [Problem(f"only {name} has {_listed(paths)}")] if paths else []


def _remedy(common: int, refusal: str | None) -> str:
    """What to do about images that only one result has."""
    if common:
        return f"--common-images takes the {counted(common, 'image')} that both have"
    if refusal:
        return f"{refusal}; call the images alike, or write their category into the files"
    return "no image of the one is in the other: give results of the same data set"


def _listed(paths: Sequence[str]) -> str:
    """1 image (a.png), 7 images (a.png, b.png, ...)."""
    shown = [clean_name(path) for path in paths[:_SHOWN]]
    more = ["…"] if len(paths) > _SHOWN else []
    return f"{counted(len(paths), 'image')} ({', '.join(shown + more)})"
