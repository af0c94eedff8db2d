"""anomeval compare."""

from pathlib import Path
from typing import Annotated

import typer

from anomeval.cli import options
from anomeval.cli.console import STDOUT, check_outputs, show, tell_written, warn, write


def compare(
    results: Annotated[
        list[Path],
        typer.Argument(
            metavar="A B...",
            help="What `anomeval score --json` wrote, of the same images. The others are set "
            "against the first.",
            show_default=False,
        ),
    ],
    common_images: options.CommonImages = False,
    json: options.Json = None,
    markdown: Annotated[
        Path | None, options.output("--markdown", "Write a Markdown table.")
    ] = None,
    latex: Annotated[Path | None, options.output("--latex", "Write a LaTeX table.")] = None,
    places: options.Places = 4,
    quiet: options.Quiet = False,
) -> None:
    """Set results of the same images side by side, paired image by image."""
    from anomeval.reporting.as_json import read_result
    from anomeval.reporting.comparison_json import comparison_to_json
    from anomeval.reporting.comparison_latex import comparison_to_latex
    from anomeval.reporting.comparison_markdown import comparison_to_markdown
    from anomeval.reporting.comparison_table import comparison_table
    from anomeval.workflows import comparing

    check_outputs({"--json": json, "--markdown": markdown, "--latex": latex}, inputs=results)
    read = [read_result(path) for path in results]
    comparison = comparing.compare(
        read, comparing.short_names(results), common_images=common_images
    )
    if json is not None:
        write(json, comparison_to_json(comparison))
    if markdown is not None:
        write(markdown, comparison_to_markdown(comparison, places=places))
    if latex is not None:
        write(latex, comparison_to_latex(comparison, places=places))
    if STDOUT not in (json, markdown, latex) and not quiet:
        show(comparison_table(comparison, places=places))
    warn(comparison.cautions)
    if not quiet:
        tell_written(json, markdown, latex)
