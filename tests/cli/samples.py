"""The images of the splits that commands are tried on."""

from collections.abc import Sequence

from tests.support import Picture

NORMAL_MASK = [[0, 0], [0, 0]]
DEFECT_MASK = [[1, 0], [0, 0]]


def split(name: str, shift: float) -> list[Picture]:
    """Two categories of two normal and two anomalous images each, one of them hard to tell."""
    return [
        picture
        for category, scale in (("nut", 1.0), ("pill", 10.0))
        for picture in (
            _picture(f"{name}/{category}/0", category, "good", scale * (1 + shift)),
            _picture(f"{name}/{category}/1", category, "good", scale * (4 + shift)),
            _picture(f"{name}/{category}/2", category, "bend", scale * (3 + shift)),
            _picture(f"{name}/{category}/3", category, "crack", scale * (7 + shift)),
        )
    ]


def _picture(path: str, category: str, defect_type: str, score: float) -> Picture:
    anomalous = defect_type != "good"
    return Picture(
        score=score,
        label=int(anomalous),
        map=[[score, score / 2], [score / 4, 0]],
        mask=DEFECT_MASK if anomalous else NORMAL_MASK,
        path=f"{path}.png",
        category=category,
        defect_type=defect_type,
        group=f"{category} {path[-1] in '01'}",
    )


VAL: Sequence[Picture] = split("val", 0.0)
TEST: Sequence[Picture] = split("test", 0.5)
