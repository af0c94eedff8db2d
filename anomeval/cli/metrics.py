"""anomeval metrics."""

from typing import Annotated

import typer

from anomeval.cli import options
from anomeval.cli.console import show


def metrics(
    name: Annotated[
        str | None,
        typer.Argument(help="A metric or preset to explain, such as aupro.", show_default=False),
    ] = None,
    presets: Annotated[
        bool, typer.Option("--presets", help="List the sets of metrics that --preset names.")
    ] = False,
    plugin: options.Plugin = None,
) -> None:
    """List metrics, threshold rules and readers, or presets, or explain one metric or preset."""
    from anomeval.errors import UsageError
    from anomeval.metrics import METRICS
    from anomeval.metrics.grammar import parse_metrics
    from anomeval.metrics.presets import PRESETS

    meant = [one for one in PRESETS.values() if presets or one.name == name]
    if meant and (presets or name not in METRICS):
        from anomeval.reporting.preset_list import preset_list

        show(preset_list(meant))
        return
    if name is None:
        from anomeval.judging.rules import RULES
        from anomeval.predictions.formats import READERS
        from anomeval.reporting.offer_list import offer_list

        show(offer_list(METRICS, RULES, READERS))
        return
    from anomeval.reporting.metric_card import metric_card

    found = parse_metrics([name], METRICS)
    if len({metric.name for metric in found}) != 1:
        raise UsageError(f"{name!r} is not one metric; `anomeval metrics` lists them")
    show(metric_card(found[0]))
