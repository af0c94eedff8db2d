"""Telling a folder of photographs from one of masks, before a number is made of them."""

from collections.abc import Sequence

from anomeval.errors import InvalidInputError, Problem
from anomeval.predictions.faults import LIBRARY_ERRORS
from anomeval.predictions.layouts.gray import Coloured
from anomeval.predictions.layouts.pixels import Unfit
from anomeval.predictions.layouts.truth import Mask

_LOOKED_AT = 8


def check_are_masks(path: str, masks: Sequence[Mask], limit: int) -> None:
    """Refuse a folder of which every picture that is looked at is in colour.

    As a rule one is looked at; only where it is in colour are more, up to eight.

    Args:
        path: the folder. masks: what was found in it. limit: most pixels of one.

    Raises:
        InvalidInputError: these are photographs.
    """
    sample = masks[:: max(len(masks) // _LOOKED_AT, 1)][:_LOOKED_AT]
    if sample and all(_is_coloured(mask, limit) for mask in sample):
        what = f"holds pictures in colour, such as {sample[0].path}: "
        what += "these look like photographs, not masks"
        raise InvalidInputError(Problem(what, path, "--truth", remedy="name the folder of masks"))


def _is_coloured(mask: Mask, limit: int) -> bool:
    try:
        mask.read(limit)
    except Coloured:
        return True
    except (Unfit, *LIBRARY_ERRORS):  # told when the image is read
        return False
    return False
