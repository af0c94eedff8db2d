"""One pass over the images, on all cores: from prediction files to evidence."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from threading import Event
from typing import NamedTuple

from anomeval.errors import InvalidInputError, Problem
from anomeval.evidence.streams import Source
from anomeval.parallel import Lock, job_count
from anomeval.predictions.fields import pixels_judged
from anomeval.predictions.passing import whatever_is_readable
from anomeval.predictions.prediction_set import PredictionSet
from anomeval.predictions.preparation import PreparationRules, prepare, without_pixels
from anomeval.predictions.progress import Pace, Progress
from anomeval.predictions.record import Image, ImageEntry, PredictionFile
from anomeval.workflows.collection import Collection
from anomeval.workflows.options import Splitting

_STRETCHES_PER_JOB = 8
_LONGEST_STRETCH = 64


class Stretch(NamedTuple):
    """Neighbouring images of one file: what a thread works on at a time."""

    file: PredictionFile
    start: int
    stop: int


def collect(
    predictions: PredictionSet,
    rules: PreparationRules,
    splitting: Splitting | None = None,
    *,
    streamed: Iterable[Source] = (),
    jobs: int | None = None,
    skip_bad: bool = False,
    progress: Progress | None = None,
) -> Collection:
    """Read every image once and keep the evidence, which is the same for any number of threads.

    Args:
        predictions: what to read.
        rules: how stored values become evidence.
        splitting: how evidence is kept apart.
        streamed: what begins evidence of a plugin's own.
        jobs: threads that read and count; None = what `parallel.at_most` says.
        skip_bad: leave out images that cannot be evaluated; the collection tells which.
        progress: told after each image.

    Raises:
        InvalidInputError: with every problem of every image, unless these are left out.
    """
    whole = Collection(
        has_pixel_level(predictions), splitting or Splitting(), streamed=tuple(streamed)
    )
    jobs = jobs or job_count()
    work = _Work(predictions, jobs, rules, progress)
    if jobs == 1:
        work.run(whole)
    else:
        _run_in_threads(work, whole, jobs)
    whole.ignored = predictions.ignored
    problems = [*work.problems_in_order(), *whole.mask_problems()]
    if problems and not (skip_bad and whole.cells and work.are_of_images(problems)):
        raise InvalidInputError(problems)
    whole.skipped = (*predictions.skipped, *problems)
    return whole


def pixel_problems(file: PredictionFile, rules: PreparationRules) -> list[Problem]:
    """Everything that is wrong with the maps and masks of a file, which is read for it."""
    work, seen = _Work(PredictionSet([file]), 1, rules, None), Collection(has_pixels=False)
    work.run(seen)
    return [*work.problems_in_order(), *seen.mask_problems()]


def has_pixel_level(predictions: PredictionSet) -> bool:
    """Whether the pixels of all images can be judged."""
    return all(
        pixels_judged(file.fields, all_normal=all(e.label is False for e in file.entries))
        for file in predictions.files
    )


def stretches(predictions: PredictionSet, jobs: int) -> Iterator[Stretch]:
    """Divide the images into pieces of work; a file without random access stays in one."""
    longest = min(_LONGEST_STRETCH, -(-len(predictions) // (jobs * _STRETCHES_PER_JOB)))
    for file in predictions.files:
        total = len(file.entries)
        step = max(longest, 1) if file.random_access else max(total, 1)
        for start in range(0, total, step):
            yield Stretch(file, start, min(start + step, total))


def _run_in_threads(work: "_Work", whole: Collection, jobs: int) -> None:
    parts = [whole.fork() for _ in range(jobs)]
    with ThreadPoolExecutor(jobs) as threads:
        futures = [threads.submit(work.run, part) for part in parts]
        try:
            for future in futures:
                future.result()
        except BaseException:  # also Ctrl-C: the other threads end after their image
            work.stopped.set()
            raise
    for part in parts:
        whole.join(part)


class _Work:
    """The stretches still to be done, and what went wrong so far; shared by all threads."""

    def __init__(
        self,
        predictions: PredictionSet,
        jobs: int,
        rules: PreparationRules,
        progress: Progress | None,
    ) -> None:
        self.problems: list[Problem] = []
        self.ends: list[Problem] = []  # of files that could be read no further
        self.stopped = Event()
        self._rules = rules
        self._files = [file.path for file in predictions.files]
        self._pace = Pace(predictions.entries, progress)
        self._lock = Lock()
        self._stretches: SimpleQueue[Stretch] = SimpleQueue()
        for stretch in stretches(predictions, jobs):
            self._stretches.put(stretch)

    def run(self, collection: Collection) -> None:
        """Work through stretches until none is left."""
        while not self.stopped.is_set():
            try:
                stretch = self._stretches.get_nowait()
            except Empty:
                return
            for image in self._images(stretch):
                self._take(image, collection)
                if self.stopped.is_set():
                    return

    def problems_in_order(self) -> list[Problem]:
        """Each once, by file and position, whichever thread met them first."""
        order = {path: number for number, path in enumerate(self._files)}
        return sorted(
            set(self.problems), key=lambda p: (order.get(p.file or "", -1), p.index or 0, str(p))
        )

    def are_of_images(self, problems: Iterable[Problem]) -> bool:
        """Whether each is about one image alone, and hides no other."""
        return all(
            one.index is not None and not one.is_of_all and one not in self.ends for one in problems
        )

    def _images(self, stretch: Stretch) -> Iterator[Image]:
        """The images of a stretch; one that cannot be read is noted and passed over."""
        for position, read in whatever_is_readable(*stretch):
            if isinstance(read, Image):
                yield read
                continue
            self._note(read)
            if stretch.file.random_access:
                self._pass(stretch.file.entries[position])
            else:
                self.ends += read.problems

    def _take(self, image: Image, collection: Collection) -> None:
        try:
            prepared = prepare(image, self._rules)
        except InvalidInputError as error:
            self._note(error)
        else:
            collection.update(prepared if collection.has_pixels else without_pixels(prepared))
        self._pass(image.entry)

    def _pass(self, entry: ImageEntry) -> None:
        with self._lock:
            self._pace.take(entry)

    def _note(self, error: InvalidInputError) -> None:
        with self._lock:
            self.problems.extend(error.problems)
