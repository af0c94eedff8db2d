"""Exact counting of scores and regions: arrays in, integers out.

Knows no files, classes or metrics. The heavy part has two interchangeable cores (`core`).
"""

from anomeval.counting.core import CORE_NAME, label_regions, survey_mask
from anomeval.counting.scores import ScoreCounts, descending, distinct, survey
from anomeval.counting.sorted_counts import sum_by
from anomeval.counting.types import (
    INFINITE_PAGES,
    USUAL_MASK_VALUES,
    Coarse,
    Counts,
    Mask,
    Survey,
    Tags,
    narrowed,
    narrowest,
)

__all__ = [
    "CORE_NAME",
    "INFINITE_PAGES",
    "USUAL_MASK_VALUES",
    "Coarse",
    "Counts",
    "Mask",
    "ScoreCounts",
    "Survey",
    "Tags",
    "descending",
    "distinct",
    "label_regions",
    "narrowed",
    "narrowest",
    "sum_by",
    "survey",
    "survey_mask",
]
