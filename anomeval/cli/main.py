"""The command group, and the one place where errors become text and an exit status."""

import os
import sys
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from anomeval.cli.apply import apply
from anomeval.cli.compare import compare
from anomeval.cli.explain import explain
from anomeval.cli.fit import fit
from anomeval.cli.gate import gate
from anomeval.cli.inspect import inspect
from anomeval.cli.merge import merge
from anomeval.cli.metrics import metrics
from anomeval.cli.plot import plot
from anomeval.cli.report import report
from anomeval.cli.score import score
from anomeval.errors import AnomevalError, ExitStatus


class _Boundary(TyperGroup):
    """Runs a command; what anomeval refuses becomes one message and a documented status."""

    def invoke(self, ctx: Any) -> Any:
        try:
            answer = super().invoke(ctx)
            sys.stdout.flush()
            return answer
        except BrokenPipeError:  # the reader of our output has gone; that is its right
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(ExitStatus.DONE) from None
        except AnomevalError as error:
            typer.echo(f"Error: {error}", err=True)
            raise typer.Exit(error.exit_status) from None
        except KeyboardInterrupt:
            raise typer.Exit(ExitStatus.INTERRUPTED) from None
        except MemoryError:
            typer.echo("Error: not enough memory", err=True)
            raise typer.Exit(ExitStatus.INTERNAL) from None


app = typer.Typer(
    name="anomeval",
    cls=_Boundary,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Exact evaluation of visual anomaly detectors from saved prediction files.",
)
for command in (fit, score, gate, compare, apply, merge, inspect, explain, metrics, report, plot):
    app.command(no_args_is_help=command is not metrics)(command)


def _print_version(wanted: bool) -> None:
    if not wanted:
        return
    from anomeval.counting import CORE_NAME
    from anomeval.version import __version__

    typer.echo(f"anomeval {__version__} (counting core: {CORE_NAME})")
    raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version and the counting core, and exit.",
            callback=_print_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Options of the group itself."""


def main() -> NoReturn:
    """Run the command line of this process."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(ExitStatus.INTERRUPTED)
    except Exception as error:
        if os.environ.get("ANOMEVAL_TRACEBACK"):
            raise
        typer.echo(
            f"Internal error: {type(error).__name__}: {error}\n"
            "This is a defect of anomeval; ANOMEVAL_TRACEBACK=1 shows where it happened.",
            err=True,
        )
        sys.exit(ExitStatus.INTERNAL)
    sys.exit(ExitStatus.DONE)
