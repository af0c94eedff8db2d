"""The one family of errors. Every layer raises these; only the command line turns them into text.

Each kind carries the exit status that the command line answers with, so the mapping lives here
and nowhere else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from anomeval.names import clean_name

_SHOWN = 20  # problems spelled out in one message; the rest is counted


class ExitStatus(IntEnum):
    """What the process tells its caller."""

    DONE = 0
    GATE_FAILED = 1
    USAGE = 2
    INVALID_INPUT = 3
    CANNOT_JUDGE = 4
    INTERNAL = 70
    INTERRUPTED = 130


class AnomevalError(Exception):
    """Anything that anomeval refuses to do, with a message for the person at the keyboard."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.INTERNAL


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where it is, what it is, and what to do about it.

    As text it is one line, whatever names somebody else has chosen.

    is_of_all: it was met in one image, but asks how those of all images are to be read, so that
        leaving this one out does not help.
    """

    what: str
    file: str | None = None
    field: str | None = None
    index: int | None = None  # position of the image in the file
    image: str | None = None  # identity of the image
    remedy: str | None = None
    is_of_all: bool = False

    def __str__(self) -> str:
        place = [self.file, self.field, self._image_place()]
        text = ": ".join([", ".join(filter(None, place)), self.what] if any(place) else [self.what])
        return clean_name(f"{text} — {self.remedy}" if self.remedy else text)

    def _image_place(self) -> str | None:
        if self.index is None:
            return self.image
        return f"image {self.index}" + (f" ({self.image})" if self.image else "")


class ProblemsError(AnomevalError):
    """An error made of one or more problems, told all at once.

    summary: what they come to, above the list; default: how many there are.
    """

    def __init__(
        self, problems: Sequence[Problem] | Problem | str, summary: Problem | None = None
    ) -> None:
        if isinstance(problems, str):
            problems = Problem(problems)
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        self.summary = summary
        super().__init__(_listed(self.problems, summary))

    def __reduce__(
        self,
    ) -> tuple[type["ProblemsError"], tuple[tuple[Problem, ...], Problem | None]]:
        """Travel to other processes with every problem."""
        return type(self), (self.problems, self.summary)


class UsageError(ProblemsError):
    """The command or call asks for something that does not exist or does not fit together."""

    exit_status = ExitStatus.USAGE


class InvalidInputError(ProblemsError):
    """A file is missing, unreadable, damaged, or holds what cannot be evaluated."""

    exit_status = ExitStatus.INVALID_INPUT


class CannotJudgeError(ProblemsError):
    """The input is sound, but a verdict on it would mislead (leaked images, unlike settings)."""

    exit_status = ExitStatus.CANNOT_JUDGE


def _listed(problems: tuple[Problem, ...], summary: Problem | None) -> str:
    if len(problems) == 1 and not summary:
        return str(problems[0])
    lines = [str(summary or f"{len(problems)} problems")]
    lines += [f"  {problem}" for problem in problems[:_SHOWN]]
    if len(problems) > _SHOWN:
        lines.append(f"  … and {len(problems) - _SHOWN} more")
    return "\n".join(lines)
