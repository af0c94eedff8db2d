"""The reference cards of `anomeval metrics`."""

import pytest

from anomeval.metrics import METRICS
from anomeval.metrics.grammar import parse_metric, parse_metrics
from anomeval.reporting.metric_card import metric_card
from tests.reporting.samples import printed, widest

every_family = pytest.mark.parametrize("family", METRICS.values(), ids=list(METRICS))


def test_a_card_tells_everything():
    assert (
        printed(metric_card(parse_metric("pixel_fpr_at_tpr@0.9", METRICS)))
        == """\
FPR@TPR  fpr_at_tpr
False positive rate at the highest cut that finds the share `tpr`

formula       FP / N at the highest cut with TP ≥ ceil(tpr · P)
range         [0, 1], lower is better
levels        image, pixel, sample
parameters    tpr = 0.9 (default 0.95)
undefined if  no normal, or no anomalous score
needs         no fit
source        common in out-of-distribution detection (FPR95)
write         fpr_at_tpr@0.9
in results    image_fpr_at_tpr(tpr=0.9), pixel_fpr_at_tpr(tpr=0.9),
              sample_fpr_at_tpr(tpr=0.9)
comes with    anomeval
"""
    )


@every_family
def test_every_card_shows_the_texts_of_its_metric(family):
    metric = family(level=family.levels[0])
    card = " ".join(printed(metric_card(metric)).split())
    for text in (family.doc.title, family.doc.formula, family.doc.undefined, family.doc.source):
        assert " ".join(text.split()) in card
    assert ("a fit (--fit)" in card) == metric.needs_fit


@every_family
def test_what_a_card_says_to_write_is_that_metric(family):
    metric = family(level=family.levels[0])
    lines = printed(metric_card(metric), width=200).splitlines()
    facts = {line[:14].strip(): line[14:] for line in lines if line[14:]}
    assert metric in parse_metrics([facts["write"]], METRICS)
    assert set(parse_metrics(facts["in results"].split(", "), METRICS)) == {
        family(level=level) for level in family.levels
    }


def test_formulas_keep_their_meaning_in_any_encoding():
    card = printed(metric_card(parse_metric("aupro", METRICS)), encoding="ascii")
    formula = "int_0^L PRO d(FPR) / L, PRO = mean over regions of the share of the region >= t"
    assert formula in " ".join(card.split())
    assert widest(card) <= 80
