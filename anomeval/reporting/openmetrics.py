"""A verdict as OpenMetrics text, of which GitLab shows the differences in a merge request."""

from collections.abc import Mapping

from anomeval.reporting.verdict import Check, Verdict

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
_FAMILIES = {
    "anomeval_value": "Value of a metric.",
    "anomeval_baseline": "Value of the metric in the baseline.",
    "anomeval_check_passed": "1 where a check of the gate passed, else 0.",
}


def verdict_to_openmetrics(verdict: Verdict) -> str:
    """Every value that was judged, its baseline, and whether each check passed."""
    samples: dict[str, dict[str, str]] = {name: {} for name in _FAMILIES}
    for check in verdict.checks:
        where = {"metric": check.metric, **(check.group or {})}
        if check.value is not None:
            samples["anomeval_value"][_labels(where)] = repr(float(check.value))
        if check.baseline is not None:
            samples["anomeval_baseline"][_labels(where)] = repr(float(check.baseline))
        samples["anomeval_check_passed"][_labels(where | _rule(check))] = str(
            int(check.outcome == "passed")
        )
    lines = []
    for name, meaning in _FAMILIES.items():
        lines += [f"# HELP {name} {meaning}", f"# TYPE {name} gauge"]
        lines += [f"{name}{labels} {value}" for labels, value in sorted(samples[name].items())]
    lines += [
        "# HELP anomeval_gate_status Exit status of the gate: 0 passed, 1 failed, 4 cannot judge.",
        "# TYPE anomeval_gate_status gauge",
        f"anomeval_gate_status {int(verdict.status)}",
        "# EOF",
    ]
    return "\n".join(lines) + "\n"


def _rule(check: Check) -> dict[str, str]:
    return {"scope": check.scope, "bound": f"{check.kind}={check.bound!r}", "level": check.severity}


def _labels(labels: Mapping[str, str]) -> str:
    pairs = (f'{name}="{_clean(value)}"' for name, value in labels.items())
    return "{" + ",".join(pairs) + "}"


def _clean(value: str) -> str:
    return value.translate(_ESCAPES).encode("utf-8", "backslashreplace").decode()
