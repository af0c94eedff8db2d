"""Metrics with evidence of their own: for plugins that the common evidence does not serve."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol

from anomeval.errors import Problem, UsageError
from anomeval.evidence.findings import Findings
from anomeval.evidence.streams import Stream
from anomeval.judging.post_processor import OneClassPostProcessor
from anomeval.metrics.metric import Metric, Outcome


class Accumulator(Stream, Protocol):
    """What a streamed metric does with images (see `Stream`), and makes of them in the end.

    Pixel metrics only meet images with an anomaly map, (H, W) as stored; their mask, (H, W) bool,
    is None where no pixel is anomalous.
    """

    def compute(self, judge: OneClassPostProcessor | None) -> Outcome:
        """The metric on all that was seen, which stays as it is.

        judge: what the validation split fitted, if anything.
        """
        ...


@dataclass(frozen=True)
class StreamedMetric(Metric):
    """A metric that looks at every image itself, in the one pass over the data.

    Subclasses have `name`, `levels`, `doc`, their parameters as fields, and `start`. Their evidence
    lives as long as the process: it is in no state file and does not travel to a cluster.
    """

    @abstractmethod
    def start(self) -> Accumulator:
        """An accumulator that has seen nothing."""

    def compute(self, seen: Findings, judge: OneClassPostProcessor | None) -> Outcome:
        """See `Metric.compute`.

        Raises:
            UsageError: the evidence was collected without this metric, or comes from a state file.
        """
        if self not in seen.streams:
            remedy = "name it where the prediction files are read, without a cluster"
            raise UsageError(Problem(f"{self}: its evidence was not collected", remedy=remedy))
        accumulator: Accumulator = seen.streams[self]
        return accumulator.compute(judge)
