"""anomeval metrics."""

from typing import Annotated

import typer

from anomeval.cli import options
from anomeval.cli.console import show


def metrics(
    name: Annotated[
        str | None, typer.Argument(help="A metric to explain, such as aupro.", show_default=False)
    ] = None,
    presets: Annotated[
        bool, typer.Option("--presets", help="List the sets of metrics that --preset names.")
    ] = False,
    plugin: options.Plugin = None,
) -> None:
    """List the metrics or the presets, or explain one metric."""
    from anomeval.errors import UsageError
    from anomeval.metrics import METRICS
    from anomeval.metrics.grammar import parse_metrics
    from anomeval.reporting.metric_card import metric_card, metric_list

    if presets:
        from anomeval.reporting.preset_list import preset_list

        show(preset_list())
        return
    if name is None:
        show(metric_list(METRICS))
        return
    found = parse_metrics([name], METRICS)
    if len({metric.name for metric in found}) != 1:
        raise UsageError(f"{name!r} is not one metric; `anomeval metrics` lists them")
    show(metric_card(found[0]))
