"""The language of metrics: `auroc`, `aupro@0.05`, `pixel_aupimo(fpr_low=1e-05,fpr_high=0.0001)`.

    metric  =  [level "_"] name [ "(" key "=" value {"," key "=" value} ")" ] [ "@" value ]

Without a level every level that the metric and the data support is meant; `@value` sets the first
parameter. The text of a metric parses back to an equal metric.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from difflib import get_close_matches

from anomeval.errors import Problem, UsageError
from anomeval.metrics.metric import FIT, LEVELS, Level, Metric

_FORM = re.compile(r"(?P<name>[A-Za-z0-9_]+)(\((?P<parameters>[^()]*)\))?(@(?P<first>[^@()]+))?")

_OTHER_NAMES = {
    **{"f1_score": "f1", "f1score": "f1", "roc_auc": "auroc", "auc": "auroc", "rocauc": "auroc"},
    **{"sensitivity": "recall", "tpr": "recall", "tnr": "specificity", "jaccard": "iou"},
    **{
        "average_precision": "ap",
        "pro_auc": "aupro",
        "pimo": "aupimo",
        "f1_max": "f1max",
        "max_f1": "f1max",
    },
}
"""What metrics are called elsewhere."""

_SLIP = 0.8  # likeness of a name with one letter wrong
_SHORT = 4  # letters of names that are all alike: mcc, acc, auc

Families = Mapping[str, type[Metric]]


def split_list(text: str) -> list[str]:
    """Split a list of metrics at the commas outside brackets."""
    return [part.strip() for part in re.split(r",(?![^()]*\))", text) if part.strip()]


def parse_metrics(
    texts: Iterable[str], families: Families, levels: Collection[Level] = LEVELS
) -> list[Metric]:
    """Read metrics as typed, without repeats, in the order given.

    Args:
        texts: single metrics or comma-separated lists of them.
        families: the metrics there are, by name.
        levels: the levels that a metric without a level is meant for.

    Raises:
        UsageError: naming every text that is no metric.
    """
    metrics: dict[Metric, None] = {}
    problems: list[Problem] = []
    for text in (single for several in texts for single in split_list(several)):
        try:
            metrics.update(dict.fromkeys(_parse(text, families, levels)))
        except UsageError as error:
            problems.extend(error.problems)
    if problems:
        raise UsageError(problems)
    return list(metrics)


def parse_metric(text: str, families: Families) -> Metric:
    """Read exactly one metric; without a level it must exist at a single one.

    Raises:
        UsageError: the text is no metric, or stands for several.
    """
    found = _parse(text.strip(), families, LEVELS)
    if len(found) > 1:
        several = ", ".join(map(str, found))
        raise UsageError(f"{text!r} stands for several metrics: {several}; name the level")
    return found[0]


def _parse(text: str, families: Families, wanted: Collection[Level]) -> list[Metric]:
    form = _FORM.fullmatch(text)
    if form is None:
        raise UsageError(f"cannot read {text!r} as a metric; write for example aupro@0.05")
    level, family = _family(form["name"], families)
    parameters = _parameters(text, family, form["parameters"], form["first"])
    levels = [level] if level else [known for known in family.levels if known in wanted]
    if not levels:
        return [family(level=family.levels[0], **parameters)]
    return [family(level=one, **parameters) for one in levels]


def _family(word: str, families: Families) -> tuple[Level | None, type[Metric]]:
    if word in families:
        return None, families[word]
    for level in LEVELS:
        name = word.removeprefix(f"{level}_")
        if name != word and name in families:
            return level, families[name]
    meant = _meant(word, families)
    hint = f"did you mean {meant!r}?" if meant else "`anomeval metrics` lists them"
    raise UsageError(f"unknown metric {word!r}; {hint}")


def _meant(word: str, families: Families) -> str | None:
    """The metric that a word is another spelling of; None rather than another metric."""
    levels = "|".join(LEVELS)
    prefix, name = re.fullmatch(rf"((?:{levels})_)?(.*)", word.lower()).groups("")  # type: ignore[union-attr]
    name = _OTHER_NAMES.get(name, name)
    if name in families:
        return f"{prefix}{name}"
    close = get_close_matches(name, families, n=1, cutoff=_SLIP) if len(name) > _SHORT else []
    return f"{prefix}{close[0]}" if close else None


def _parameters(
    text: str, family: type[Metric], keyed: str | None, first: str | None
) -> dict[str, float | None]:
    names = [f.name for f in fields(family) if f.name != "level"]
    given: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in (keyed or "").split(","))):
        key, _, value = pair.partition("=")
        if key.strip() not in names or key.strip() in given:
            known = ", ".join(names) or "none"
            raise UsageError(f"{text}: no such parameter {pair!r}; {family.name} has: {known}")
        given[key.strip()] = value
    if first is not None:
        if not names or names[0] in given:
            raise UsageError(f"{text}: there is no parameter for @{first} to set")
        given[names[0]] = first
    return {name: _number(text, family, name, value) for name, value in given.items()}


def _number(text: str, family: type[Metric], name: str, value: str) -> float | None:
    (default,) = [f.default for f in fields(family) if f.name == name]
    if value.strip() == FIT and default is None:
        return None
    try:
        return float(value)
    except ValueError:
        raise UsageError(f"{text}: {name} must be a number, got {value!r}") from None
