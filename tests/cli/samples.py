"""The images of the splits that commands are tried on."""

from collections.abc import Sequence

from tests.support import Picture

NORMAL_MASK = [[0, 0], [0, 0]]
DEFECT_MASK = [[1, 0], [0, 0]]


SCORES = {"good": (1, 2, 3, 4, 6), "bend": (3, 5, 8), "crack": (7, 9, 10)}
"""As many images of either class as an interval needs, some of them hard to tell apart."""


def split(name: str, shift: float) -> list[Picture]:
    """Two categories of eleven images each, on scales of their own."""
    return [
        _picture(f"{name}/{category}/{defect_type}{index}", defect_type, scale * (score + shift))
        for category, scale in (("nut", 1.0), ("pill", 10.0))
        for defect_type, scores in SCORES.items()
        for index, score in enumerate(scores)
    ]


def _picture(name: str, defect_type: str, score: float) -> Picture:
    anomalous = defect_type != "good"
    category = name.split("/")[1]
    return Picture(
        score=score,
        label=int(anomalous),
        map=[[score, score / 2], [score / 4, 0]],
        mask=DEFECT_MASK if anomalous else NORMAL_MASK,
        path=f"{name}.png",
        category=category,
        defect_type=defect_type,
        group=name,
    )


VAL: Sequence[Picture] = split("val", 0.0)
TEST: Sequence[Picture] = split("test", 0.5)
