"""anomeval metrics."""

from typing import Annotated

import typer

from anomeval.cli.console import show


def metrics(
    name: Annotated[
        str | None, typer.Argument(help="A metric to explain, such as aupro.", show_default=False)
    ] = None,
) -> None:
    """List the metrics, or explain one."""
    from anomeval.errors import UsageError
    from anomeval.metrics import METRICS
    from anomeval.metrics.grammar import parse_metrics
    from anomeval.reporting.metric_card import metric_card, metric_list

    if name is None:
        show(metric_list(METRICS))
        return
    found = parse_metrics([name], METRICS)
    if len({metric.name for metric in found}) != 1:
        raise UsageError(f"{name!r} is not one metric; `anomeval metrics` lists them")
    show(metric_card(found[0]))
