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
    from anomeval.metrics import METRICS
    from anomeval.metrics.grammar import parse_metrics
    from anomeval.reporting.metric_card import metric_card, metric_list

    if name is None:
        show(metric_list(METRICS))
        return
    for metric in parse_metrics([name], METRICS)[:1]:
        show(metric_card(metric))
