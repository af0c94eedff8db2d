"""The sections of docs/metrics.md, made from what each metric says of itself."""

from dataclasses import MISSING, fields

from anomeval.metrics import Metric


def metric_section(family: type[Metric]) -> str:
    """One metric as a Markdown section."""
    doc = family.doc
    facts = [
        ("Formula", doc.formula),
        ("Levels", ", ".join(family.levels)),
        ("Parameters", _parameters(family)),
        ("Needs", ", ".join(f"`{name}`" for name in family.needed_fields)),
        ("Range", f"{doc.range}, {'higher' if doc.higher_is_better else 'lower'} is better"),
        ("Undefined when", doc.undefined),
        ("Source", doc.source),
    ]
    lines = [f"## `{family.name}`", "", f"{doc.title}.", ""]
    lines += [f"- {name}: {text}" for name, text in facts if text]
    return "\n".join([*lines, ""])


def _parameters(family: type[Metric]) -> str:
    parameters = [field for field in fields(family) if field.name != "level"]
    return ", ".join(f"`{p.name}` ({_default(p.default)})" for p in parameters)


def _default(value: object) -> str:
    if value is MISSING:
        return "required"
    return "from the fit" if value is None else f"default {value!r}"
