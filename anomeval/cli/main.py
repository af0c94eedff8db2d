"""The command group, and the one place where errors become text and an exit status."""

import errno
import gc
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from anomeval.cli.apply import apply
from anomeval.cli.compare import compare
from anomeval.cli.console import standard_output
from anomeval.cli.convert import convert
from anomeval.cli.explain import explain
from anomeval.cli.fit import fit
from anomeval.cli.gate import gate
from anomeval.cli.inspect import inspect
from anomeval.cli.merge import merge
from anomeval.cli.metrics import metrics
from anomeval.cli.options import OUTPUT_VARIABLE
from anomeval.cli.plot import plot
from anomeval.cli.process import Ended, ReaderGone, close_standard_output, end_by, make_good
from anomeval.cli.report import report
from anomeval.cli.score import score
from anomeval.cli.void import refuse_void
from anomeval.errors import AnomevalError, ExitStatus
from anomeval.names import clean_name

_REFUSED = {
    errno.EMFILE: "raise the limit of this process (ulimit -n)",
    errno.ENFILE: "close other programs",
    errno.EAGAIN: "raise the limit of processes (ulimit -u), or run fewer at once (--jobs)",
    errno.ENOMEM: "free some memory, or run fewer threads (--jobs)",
    errno.ENOSPC: "free some space on the disk",
    errno.EDQUOT: "free some space on the disk",
}
"""What a system can be short of, by error number, and what helps."""


@contextmanager
def _boundary() -> Iterator[None]:
    """What anomeval refuses becomes one message and a documented status."""
    try:
        yield
    except ReaderGone:
        close_standard_output()
        raise typer.Exit(ExitStatus.DONE) from None
    except AnomevalError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(error.exit_status) from None
    except KeyboardInterrupt:
        raise typer.Exit(ExitStatus.INTERRUPTED) from None
    except MemoryError:
        _refuse("not enough memory", _REFUSED[errno.ENOMEM])
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        _refuse(f"the system refuses: {error.strerror}", _REFUSED[error.errno])
    except RuntimeError as error:
        if "can't start new thread" not in str(error):
            raise
        _refuse("the system refuses: no more threads", _REFUSED[errno.EAGAIN])


def _refuse(what: str, remedy: str) -> NoReturn:
    typer.echo(f"Error: {what} — {remedy}", err=True)
    raise typer.Exit(ExitStatus.INVALID_INPUT) from None


class _Boundary(TyperGroup):
    """Runs a command within the boundary, help included."""

    def make_context(self, *words: Any, **more: Any) -> Any:
        with _boundary(), standard_output():  # --help prints, and leaves, from within
            return super().make_context(*words, **more)

    def invoke(self, ctx: Any) -> Any:
        with _boundary(), standard_output():  # what Typer printed, too
            return super().invoke(ctx)


class _Command(TyperCommand):
    """A command with environment variables of its own for its outputs: ANOMEVAL_SCORE_JSON.

    What is typed, or set in these, and would change nothing is refused.
    """

    def __init__(self, name: str | None, **words: Any) -> None:
        super().__init__(name, **words)
        for option in self.params:
            if option.envvar == OUTPUT_VARIABLE:
                option.envvar = f"{_variables(name)}{option.name}".upper()

    def invoke(self, ctx: Any) -> Any:
        refuse_void(self.name or "", dict(_given(self, ctx)))
        return super().invoke(ctx)


def _variables(command: str | None) -> str:
    """What the environment variables of a command begin with."""
    return f"ANOMEVAL_{command}_".upper()


def _given(command: TyperCommand, ctx: Any) -> Iterator[tuple[str, Any]]:
    """The parameters that were meant for this very command, with their values."""
    for one in command.params:
        source = ctx.get_parameter_source(one.name)
        name = source.name if source else ""
        is_own = str(one.envvar).startswith(_variables(command.name))
        if name == "COMMANDLINE" or (name == "ENVIRONMENT" and is_own):
            is_option = one.param_type_name == "option"
            yield one.opts[0] if is_option else str(one.name).upper(), ctx.params[one.name]


app = typer.Typer(
    name="anomeval",
    cls=_Boundary,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Exact evaluation of visual anomaly detectors from saved prediction files.",
)
_JUDGING = (fit, score, gate, compare, apply, merge)
_LOOKING = (inspect, convert, explain, metrics, report, plot)
for command in (*_JUDGING, *_LOOKING):
    app.command(cls=_Command, no_args_is_help=command is not metrics)(command)


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


def _spare_the_processor() -> None:
    # How many threads there are, --jobs says. Those that linear algebra starts besides wait busily:
    # they cost more than they bring, and memory.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Imports make many objects that stay; to look through them every few hundred takes a tenth of
    # the time to start.
    gc.set_threshold(20_000)


def _silence_libraries() -> None:
    # What a library warns its programmers of is no message to users. -W and PYTHONWARNINGS show it.
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


def main() -> NoReturn:
    """Run the command line of this process."""
    _spare_the_processor()
    _silence_libraries()
    make_good()
    try:
        app()
    except Ended as end:
        end_by(end.number)
    except KeyboardInterrupt:
        sys.exit(ExitStatus.INTERRUPTED)
    except Exception as error:
        if os.environ.get("ANOMEVAL_TRACEBACK"):
            raise
        typer.echo(
            f"Internal error: {type(error).__name__}: {clean_name(str(error))}\n"
            "This is a defect of anomeval; ANOMEVAL_TRACEBACK=1 shows where it happened.",
            err=True,
        )
        sys.exit(ExitStatus.INTERNAL)
    finally:
        # What is alive goes with the process: looking for garbage in it would take a tenth of a
        # second.
        gc.freeze()
    sys.exit(ExitStatus.DONE)
