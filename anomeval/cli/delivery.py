"""What becomes of an evaluation: every form that was asked for, and the table."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from anomeval.cli.console import STDOUT, advise, show, tell_written, warn, write

if TYPE_CHECKING:
    from anomeval.judging.post_processor import Fit
    from anomeval.reporting.result import Result
    from anomeval.workflows.evaluation import Evaluation

Outputs = Mapping[str, Path | None]
"""Option name → path, None where the option was not given."""


def fit_at(path: Path | None) -> "Fit | None":
    """The fit that a path names, if any."""
    if path is None:
        return None
    from anomeval.reporting.fit_file import read_fit

    return read_fit(path)


def deliver(
    evaluation: "Evaluation", outputs: Outputs, *, places: int, percent: bool, quiet: bool
) -> None:
    """Write the outputs, print the table, tell the cautions, and say what was written."""
    _write_outputs(evaluation, outputs, places, percent)
    if STDOUT not in outputs.values() and not quiet:
        from anomeval.reporting.as_table import result_table

        show(result_table(evaluation.result, places=places, percent=percent))
        _tell_of_categories(evaluation.result)
    warn(evaluation.result.cautions)
    if not quiet:
        tell_written(*outputs.values())


def _tell_of_categories(result: "Result") -> None:
    """Where nothing but means over categories was shown, how to see what they are means of."""
    hidden = {row.extra.get("mean_over") for row in result.rows if row.group is None}
    if "category" in hidden and result.settings["by"] is None:
        advise("--by category shows the value of each category")


def _write_outputs(evaluation: "Evaluation", outputs: Outputs, places: int, percent: bool) -> None:
    """Write what was asked for, importing no more than that."""
    result = evaluation.result
    if (path := outputs["--json"]) is not None:
        from anomeval.reporting.as_json import result_to_json

        write(path, result_to_json(result))
    if (path := outputs["--csv"]) is not None:
        from anomeval.reporting.as_csv import result_to_csv

        write(path, result_to_csv(result))
    if (path := outputs["--markdown"]) is not None:
        from anomeval.reporting.as_markdown import result_to_markdown

        write(path, result_to_markdown(result, places=places, percent=percent))
    if (path := outputs["--latex"]) is not None:
        from anomeval.reporting.as_latex import result_to_latex

        write(path, result_to_latex(result, places=places, percent=percent))
    if (path := outputs["--per-image"]) is not None:
        from anomeval.reporting.per_image import write_per_image

        write_per_image(path, evaluation.images())
    if (path := outputs["--curves"]) is not None:
        from anomeval.reporting.curves import write_curves

        write_curves(path, evaluation.curves())
