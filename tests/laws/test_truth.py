"""Pixels that are ignored, and images without pixel truth, are as if they were not there."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomeval.evidence.evidence import merged
from anomeval.metrics import METRICS, Metric
from anomeval.metrics.grammar import parse_metric
from anomeval.predictions.preparation import PreparationRules
from tests.laws.asking import answers, evidence_of
from tests.laws.drawing import all_questions, cuts, pictures
from tests.laws.referring import reference, values
from tests.reference import annotated
from tests.reference.exact import decimal
from tests.support import Picture, judge_at

IGNORED = 9
RULES = PreparationRules(ignore_value=(IGNORED,))

Cuts = tuple[float, float]

fewer = settings(max_examples=30)


@st.composite
def partly_annotated(draw: st.DrawFn) -> list[Picture]:
    """Images with binary masks, of which any number of pixels are not annotated."""
    images = draw(pictures(max_size=5))
    holes = draw(st.lists(st.integers(0, 8), max_size=12))
    return [
        replace(image, saturation=None, mask=[*_punched(image.mask or (), holes)])
        for image in images
    ]


def _punched(mask: Sequence[Sequence[float]], holes: list[int]) -> list[list[int]]:
    return [
        [
            IGNORED if 3 * line + place in holes else int(value > 0)
            for place, value in enumerate(row)
        ]
        for line, row in enumerate(mask)
    ]


def counted(images: Sequence[Picture]) -> list[Picture]:
    """The images as the references know them: without those pixels, and without truth, gone."""
    cleared = [
        replace(
            image,
            map=[
                [None if truth == IGNORED else score for score, truth in zip(*rows, strict=True)]
                for rows in zip(image.map or (), image.mask or (), strict=True)
            ],
            mask=[[truth % IGNORED for truth in row] for row in image.mask or ()],
        )
        for image in images
    ]
    return [one for one in cleared if not one.label or any(map(any, one.mask or ()))]


def of_pixels(metrics: Sequence[Metric]) -> list[Metric]:
    """Those of pixels alone that need no defects apart; MAD is a mean over both levels."""
    others = ("spro", "auspro", "mad")
    return [one for one in metrics if one.level == "pixel" and one.name not in others]


@given(images=partly_annotated(), metrics=all_questions(), cut=cuts)
def test_what_does_not_count_is_not_there_for_the_reference(
    images: list[Picture], metrics: list[Metric], cut: Cuts
) -> None:
    """In no class, no region and no denominator."""
    asked = of_pixels(metrics)
    found = answers(asked, evidence_of(images, RULES), judge_at(*cut))
    known = counted(images)
    assert values(found) == {str(metric): reference(metric, known, cut) for metric in asked}


@given(
    images=partly_annotated(),
    cut=cuts,
    limit=st.sampled_from([0.05, 0.29, 0.3, 0.5, 1.0]),
    window=st.tuples(st.sampled_from([1e-6, 0.01, 0.1, 0.29]), st.sampled_from([0.3, 0.5, 1.0])),
)
def test_whoever_knows_which_pixels_are_void_finds_the_same(
    images: list[Picture], cut: Cuts, limit: float, window: tuple[float, float]
) -> None:
    """A second reference, which reads the masks as they are stored."""
    known = annotated.with_pixel_truth(
        [annotated.Annotated(one.map or (), one.mask or (), bool(one.label)) for one in images]
    )
    low, high = map(decimal, window)
    expected = {
        "pixel_auroc": annotated.auroc(known),
        "pixel_ap": annotated.average_precision(known),
        "pixel_f1max": annotated.f1max(known),
        "pixel_pro(threshold=fit)": annotated.pro(known, cut[1]),
        f"pixel_aupro(fpr_limit={limit})": annotated.aupro(known, decimal(limit)),
        f"pixel_aupimo(fpr_low={window[0]},fpr_high={window[1]})": annotated.aupimo(
            known, low, high
        ),
    }
    asked = [parse_metric(text, METRICS) for text in expected]
    found = answers(asked, evidence_of(images, RULES), judge_at(*cut))
    assert values(found) == {
        name: None if value is None else pytest.approx(float(value), rel=1e-12, abs=1e-14)
        for name, value in expected.items()
    }


@fewer
@given(data=st.data())
def test_neither_order_nor_parts_matter_to_what_counts(data: st.DataObject) -> None:
    """However images are dealt out, the answers are the same, bit for bit."""
    images, metrics = data.draw(partly_annotated()), data.draw(all_questions())
    asked, judge = of_pixels(metrics), judge_at(*data.draw(cuts))
    whole = answers(asked, evidence_of(images, RULES), judge)
    shuffled = data.draw(st.permutations(images))
    borders = data.draw(st.lists(st.integers(0, len(images)), max_size=3).map(sorted))
    parts = [evidence_of(shuffled[a:b], RULES) for a, b in pairwise([0, *borders, len(images)])]
    assert answers(asked, merged(parts), judge) == whole
