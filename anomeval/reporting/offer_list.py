"""All that can be named, listed: metrics, threshold rules and readers, and who brings them."""

from anomeval.judging.rules import RuleKind, ThresholdRule
from anomeval.metrics import Metric
from anomeval.names import clean_name
from anomeval.plugins import BUILT_IN, Registry
from anomeval.predictions.formats import Format
from anomeval.reporting.cells import Line, Piece
from anomeval.reporting.grid import QUIET, STRONG
from anomeval.reporting.paragraphs import listed, wrapped
from anomeval.reporting.sheet import Sheet, stacked

Families = Registry[type[Metric]]
Rules = Registry[RuleKind]
Readers = Registry[Format]

_SCORES = "from the scores alone"
_FITTED = "at the threshold that a validation split fitted (--fit)"
_RULES = "rules that fit this threshold (anomeval fit --threshold)"
_READERS = "readers of prediction files, with the suffixes that directories are searched for"
_TITLES = (_SCORES, _FITTED, _RULES, _READERS)
_NO_SUFFIX = "none; name the path itself"
_HINTS = (
    "auroc means every level that the data has, image_auroc or pixel_auroc only that one.",
    "aupro@0.05 sets the first parameter, aupimo(fpr_low=1e-6,fpr_high=1e-5) any.",
    "`anomeval metrics NAME` explains one, `anomeval metrics --presets` lists sets of them.",
    "What says nothing else comes with anomeval; docs/plugins.md tells how to add your own.",
)


def offer_list(
    families: Families, rules: Rules, readers: Readers, *, width: int | None = None
) -> Sheet:
    """All of them with a line for each, as something to print with rich."""
    return Sheet(lambda cells: _lines(families, rules, readers, cells), width)


def _lines(families: Families, rules: Rules, readers: Readers, width: int) -> list[Line]:
    blocks: dict[str, list[list[Piece]]] = {title: [] for title in _TITLES}
    cells = max(map(len, families), default=0)
    for name, family in families.items():
        title = _FITTED if family(level=family.levels[0]).needs_fit else _SCORES
        blocks[title].append(_metric(family, families.origin(name), cells))
    blocks[_RULES] = [_rule(name, kind, rules.origin(name)) for name, kind in rules.items()]
    blocks[_READERS] = [_reader(one, readers.origin(one.name)) for one in readers.values()]
    hints: list[Line] = [[(line, QUIET)] for hint in _HINTS for line in wrapped(hint, width)]
    return stacked(
        *(_block(title, entries, width) for title, entries in blocks.items() if entries), hints
    )


def _block(title: str, entries: list[list[Piece]], width: int) -> list[Line]:
    head: list[Line] = [[(line, STRONG)] for line in wrapped(title, width)]
    return head + listed(entries, width)


def _metric(family: type[Metric], origin: str, cells: int) -> list[Piece]:
    title = family.doc.title + ("" if family.doc.higher_is_better else "; lower is better")
    levels = (" ".join(family.levels), QUIET)
    return [(f"  {family.name:{cells}}", ""), levels, (title + _from(origin), "")]


def _rule(name: str, kind: RuleKind, origin: str) -> list[Piece]:
    return [(f"  {ThresholdRule(name, kind.example)}", ""), (kind.summary + _from(origin), "")]


def _reader(reader: Format, origin: str) -> list[Piece]:
    suffixes = " ".join(reader.suffixes) or _NO_SUFFIX
    return [(f"  {reader.name}", ""), (suffixes + _from(origin), "")]


def _from(origin: str) -> str:
    return "" if origin == BUILT_IN else f" (from {clean_name(origin)})"
