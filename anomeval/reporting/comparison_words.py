"""A comparison in words that all its written forms share."""

from collections.abc import Sequence

from anomeval.names import clean_name
from anomeval.reporting.comparison import Comparison, Contrast
from anomeval.reporting.headings import heading
from anomeval.reporting.marks import LOWER_IS_BETTER
from anomeval.reporting.numerals import counted, score_text
from anomeval.reporting.result import Group

TIED = "="

_LEAST_P = 0.001  # below, the digits of a p-value hang on the tails of a distribution


def images_text(group: Group | None) -> str:
    """The images a value is about: `bottle/crack`; `all` where it is no group."""
    if group and "mean" in group:
        return f"mean over {clean_name(group['mean'].replace('_', ' '))}s"
    return "/".join(clean_name(name) for name in (group or {}).values()) or "all"


def has_groups(comparison: Comparison) -> bool:
    """Whether there is anything but values of all images."""
    return any(line.group for line in comparison.lines)


def difference_title(comparison: Comparison, position: int) -> str:
    """What a column of differences is called."""
    first, other = comparison.names[0], comparison.names[position]
    return f"{clean_name(other)} against {clean_name(first)}"


def p_text(contrast: Contrast | None) -> str:
    """The corrected p-value; empty where there is none."""
    if contrast is None or contrast.adjusted is None:
        return ""
    return f"<{_LEAST_P}" if contrast.adjusted < _LEAST_P else f"{contrast.adjusted:.3f}"


def standing_texts(comparison: Comparison, position: int) -> list[str]:
    """Wins, ties and losses over the groups of each metric; empty without groups."""
    return [
        f"{heading(metric).level} {heading(metric).label} over {counted(counts.total(), 'group')}: "
        f"{counts['win']} won, {counts['tie']} tied, {counts['loss']} lost"
        for metric, counts in comparison.standings(position).items()
    ]


def legend(comparison: Comparison) -> list[str]:
    """What differences, p-values and signs mean."""
    percent = score_text(100 * comparison.level)
    texts = []
    if any(contrast and contrast.p_value is not None for contrast in _contrasts(comparison)):
        texts.append(
            f"differences are positive where the result is better, with paired {percent} % "
            "intervals; p is corrected over the groups of a metric (Holm)"
        )
    if any(line.tied for line in comparison.lines):
        texts.append(f"{TIED} cannot be told from the best")
    if any(heading(line.metric).lower_is_better for line in comparison.lines):
        texts.append(f"{LOWER_IS_BETTER} lower is better")
    return [*texts, *comparison.notes]


def _contrasts(comparison: Comparison) -> Sequence[Contrast | None]:
    return [contrast for line in comparison.lines for contrast in line.contrasts]
