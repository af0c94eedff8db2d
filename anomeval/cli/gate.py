"""anomeval gate."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from anomeval.cli import options
from anomeval.cli.console import STDOUT, advise, check_outputs, show, warn, write
from anomeval.errors import CannotJudgeError, Problem, UsageError

if TYPE_CHECKING:
    from anomeval.gates.rules import Rule
    from anomeval.reporting.result import Result
    from anomeval.reporting.verdict import Test as Kind
    from anomeval.reporting.verdict import Verdict

Minimum = Annotated[
    list[str] | None,
    typer.Option(
        "--min",
        metavar="NAME=VALUE",
        help="The worst value that passes, as pixel_aupro=0.9 or worst:image_auroc=0.8 (scopes: "
        "mean, each, worst, category:NAME, defect:NAME). Repeatable.",
    ),
]
Maximum = Annotated[
    list[str] | None,
    typer.Option(
        "--max",
        metavar="NAME=VALUE[%]",
        help="The most that passes, of counts at the fitted cut (missed, false_alarms, "
        "missed_regions; new_missed and so on since the baseline), as new_missed=0 or "
        "false_alarms=1%, and of metrics where lower is better. Repeatable.",
    ),
]
MaxDrop = Annotated[
    list[str] | None,
    typer.Option(
        "--max-drop",
        metavar="NAME=VALUE[%]",
        help="How much worse than the baseline a value may be, as image_auroc=0.005 or "
        "aupro@0.3=1%. Repeatable.",
    ),
]
RulesFile = Annotated[
    Path | None,
    typer.Option(
        "--rules",
        help="Settings file with tables tool.anomeval.gate. Default: the nearest anomeval.toml or "
        "pyproject.toml that has any.",
        show_default=False,
    ),
]
Baseline = Annotated[
    Path | None,
    typer.Option(help="A result of the same images that this one is held against."),
]
Test = Annotated[
    Literal["regression", "point", "non-inferiority"] | None,
    typer.Option(
        help="What a drop is judged by: fail where it is real, where it is there, or unless it is "
        "excluded. Default: regression.",
        show_default=False,
    ),
]
Junit = Annotated[Path | None, options.output("--junit", "Write JUnit XML.")]
OpenMetrics = Annotated[Path | None, options.output("--openmetrics", "Write OpenMetrics text.")]
GitHub = Annotated[
    bool,
    typer.Option(
        "--github", help="Print annotations for GitHub Actions.", rich_help_panel="Output"
    ),
]


def gate(
    result: Annotated[
        Path, typer.Argument(metavar="RESULT", help="What `anomeval score --json` wrote.")
    ],
    baseline: Baseline = None,
    minimum: Minimum = None,
    maximum: Maximum = None,
    max_drop: MaxDrop = None,
    test: Test = None,
    rules: RulesFile = None,
    common_images: options.CommonImages = False,
    update: Annotated[
        bool,
        typer.Option("--update", help="Write the baseline instead of judging: RESULT becomes it."),
    ] = False,
    date: Annotated[
        str | None,
        typer.Option(
            metavar="YYYY-MM-DD",
            help="What --update dates the baseline. Default: that of SOURCE_DATE_EPOCH, or none.",
            envvar="ANOMEVAL_DATE",
            show_default=False,
        ),
    ] = None,
    json: options.Json = None,
    markdown: Annotated[
        Path | None, options.output("--markdown", "Write a Markdown report.")
    ] = None,
    github: GitHub = False,
    junit: Junit = None,
    openmetrics: OpenMetrics = None,
    quiet: options.Quiet = False,
) -> None:
    """Hold a result against a baseline and bounds; the exit status says the verdict.

    0 passed, 1 failed, 4 cannot be judged.
    """
    from anomeval.reporting.as_json import read_result

    if update:
        _update(result, baseline, date, quiet=quiet)
        return
    outputs = {
        "--json": json,
        "--markdown": markdown,
        "--junit": junit,
        "--openmetrics": openmetrics,
    }
    check_outputs(outputs, inputs=[result, baseline, rules])
    found = read_result(result)
    standard = Standard.asked(
        baseline, minimum, maximum, max_drop, test, rules, common_images=common_images
    )
    verdict = standard.verdict_on(found, str(result))
    warn(verdict.cautions)
    is_taken = STDOUT in outputs.values()
    deliver_verdict(verdict, outputs, github=github, quiet=quiet, is_taken=is_taken)


@dataclass(frozen=True)
class Standard:
    """What the options of the command line hold a result against, read before any long work.

    baseline: with its name in messages. test: of --test. common_images: of --common-images.
    """

    baseline: "tuple[str, Result] | None"
    rules: "Sequence[Rule]"
    test: "Kind | None"
    common_images: bool = False

    @classmethod
    def asked(
        cls,
        baseline: Path | None,
        minimum: Sequence[str] | None,
        maximum: Sequence[str] | None,
        max_drop: Sequence[str] | None,
        test: "Kind | None",
        rules: Path | None,
        *,
        common_images: bool = False,
    ) -> "Standard":
        """Read what the options name.

        Raises:
            UsageError: a bound that cannot be read, or nothing to hold a result against.
            InvalidInputError: an unsound baseline or settings file.
        """
        from anomeval.reporting.as_json import read_result
        from anomeval.workflows import gating

        chosen = chosen_rules(minimum or (), maximum or (), max_drop or (), rules)
        before = read_result(baseline) if baseline else None
        gating.refuse_void(chosen, before, test, common_images=common_images)
        return cls((str(baseline), before) if before else None, chosen, test, common_images)

    def verdict_on(self, result: "Result", name: str) -> "Verdict":
        """Judge a result; `name` is what it is called."""
        from anomeval.workflows import gating

        called, baseline = self.baseline or ("", None)
        names = gating.Names(name, called)
        return gating.gate(
            result,
            baseline=baseline,
            rules=self.rules,
            test=self.test,
            names=names,
            common_images=self.common_images,
        )


def chosen_rules(
    minimum: Sequence[str], maximum: Sequence[str], max_drop: Sequence[str], file: Path | None
) -> list["Rule"]:
    """The rules of the settings file, and those typed after them.

    Raises:
        UsageError: a bound that cannot be read.
        InvalidInputError: an unsound settings file.
    """
    from anomeval.gates.rules import parse_max_drop, parse_maximum, parse_minimum
    from anomeval.gates.settings import find_settings, read_settings

    settings = read_settings(file) if file else find_settings(Path())
    return [
        *settings.rules,
        *map(parse_minimum, minimum),
        *map(parse_maximum, maximum),
        *map(parse_max_drop, max_drop),
    ]


def deliver_verdict(
    verdict: "Verdict",
    outputs: Mapping[str, Path | None],
    *,
    github: bool,
    quiet: bool,
    is_taken: bool,
) -> None:
    """Write a verdict in every form that was asked for, and leave with its status.

    Args:
        verdict: what to tell.
        outputs: option -> path, of --json, --markdown, --junit and --openmetrics.
        github: print annotations; to standard error where standard output is taken.
        quiet: no table.
        is_taken: standard output belongs to another output.

    Raises:
        CannotJudgeError: after everything is written, with the reasons.
        typer.Exit: with the status of a failed gate.
    """
    _write_forms(verdict, outputs)
    if not is_taken and not quiet:
        from anomeval.reporting.verdict_table import verdict_table

        show(verdict_table(verdict))
    if github:
        from anomeval.reporting.github import verdict_to_github

        typer.echo(verdict_to_github(verdict), err=is_taken, nl=False)
    _leave(verdict)


def _write_forms(verdict: "Verdict", outputs: Mapping[str, Path | None]) -> None:
    from anomeval.reporting.junit import verdict_to_junit
    from anomeval.reporting.openmetrics import verdict_to_openmetrics
    from anomeval.reporting.verdict_json import verdict_to_json
    from anomeval.reporting.verdict_markdown import verdict_to_markdown

    forms: dict[str, Callable[[Verdict], str]] = {
        "--json": verdict_to_json,
        "--markdown": verdict_to_markdown,
        "--junit": verdict_to_junit,
        "--openmetrics": verdict_to_openmetrics,
    }
    for option, form in forms.items():
        if (path := outputs.get(option)) is not None:
            write(path, form(verdict))
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        _append(Path(summary), verdict_to_markdown(verdict))


def _append(path: Path, text: str) -> None:
    """Add to a job's summary. A verdict must not be lost because that is not possible."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        advise(f"cannot write to GITHUB_STEP_SUMMARY {path}: {error.strerror or error}")


def _leave(verdict: "Verdict") -> None:
    """End with the status of the verdict."""
    from anomeval.reporting.verdict_words import finding, subject

    problems = list(verdict.problems)
    for check in verdict.of_outcome("unjudged"):
        problems.append(Problem(finding(check), field=subject(check)))
    if problems:
        raise CannotJudgeError(problems)
    if verdict.status:
        raise typer.Exit(verdict.status)


def _update(result: Path, baseline: Path | None, date: str | None, *, quiet: bool) -> None:
    from anomeval.reporting.as_json import read_result, result_to_json
    from anomeval.reporting.revision import revision_table
    from anomeval.workflows import gating

    if baseline is None:
        raise UsageError("--update: say with --baseline which file to write")
    check_outputs({"--baseline": baseline}, inputs=[result])
    adopted = gating.adopt(result, date=_checked_date(date) or _epoch_date())
    before = read_result(baseline) if baseline.exists() else None
    warn(adopted.cautions)
    if not quiet:
        names = gating.Names(str(result), str(baseline))
        show(revision_table(gating.revision(before, adopted, names)))
    write(baseline, result_to_json(adopted))
    if not quiet:
        advise(f"wrote {baseline}: {len(adopted.rows)} values of {adopted.data.images} images")


def _checked_date(text: str | None) -> str | None:
    from datetime import date

    try:
        return None if text is None else date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError(f"--date {text!r}: write YYYY-MM-DD") from None


def _epoch_date() -> str | None:
    """The day of SOURCE_DATE_EPOCH, by which reproducible builds are dated."""
    from datetime import UTC, datetime

    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        return seconds and datetime.fromtimestamp(int(seconds), UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"SOURCE_DATE_EPOCH {seconds!r} is no number of seconds") from None
