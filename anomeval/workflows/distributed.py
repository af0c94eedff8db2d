"""Collecting evidence on a Dask cluster.

The files are divided into shards: a whole file, or a range of its images where it is large and can
be read from anywhere. A task collects the evidence of a shard and hands it back as the compact
bytes of a state; further tasks merge eight states into one until a single one is left, and only
that travels to whoever asked. Dask finds workers, moves states between them, and repeats what was
lost with a worker; since evidence is exact, none of that can show in the result.

Workers need the same version of anomeval and must see the files under the same paths; relative
paths are looked up from the directory of whoever asks.
"""

import os
from collections.abc import Collection as Some
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import batched
from socket import gethostname
from typing import Any, NamedTuple

import xxhash

from anomeval.errors import AnomevalError, InvalidInputError, Problem, UsageError
from anomeval.evidence.state import load_state, state_bytes
from anomeval.evidence.state_parts import Parts
from anomeval.predictions.opening import NO_OVERRIDES
from anomeval.predictions.paths import position_names
from anomeval.predictions.prediction_set import PredictionSet
from anomeval.predictions.preparation import PreparationRules
from anomeval.predictions.record import Image, ImageEntry, PredictionFile
from anomeval.predictions.stored import StoredPredictions, examine
from anomeval.version import __version__
from anomeval.workflows.collecting import Progress, collect, has_pixel_level
from anomeval.workflows.collection import Collection, Splitting
from anomeval.workflows.merging import collection_of, state_of
