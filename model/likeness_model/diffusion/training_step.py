"""One training step over buffers of fixed addresses, which a CUDA graph replays.

In eager mode, launching a step's operations one by one takes the host longer than the GPU needs to
run them. A CUDA graph launches all of them at once: forward, backward, clipping and optimiser.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from likeness_model.diffusion.memory import Batches, release
from likeness_model.diffusion.pipelines.base import EncodedPrompts, Pipeline

log = logging.getLogger(__name__)

WARM_UP = 3  # steps before the capture: they select kernels and create the optimiser's state


@dataclass(frozen=True)
class TrainingSet:
    """A latent and an encoded caption per training example. The last `prior` examples show other
    people: prior preservation, so that the network does not turn everyone into the user.
    `weights`, (N, 1, height, width) with mean 1, say how much each place of a latent counts."""

    latents: torch.Tensor
    prompts: EncodedPrompts
    prior: int = 0
    weights: torch.Tensor | None = None

    @property
    def own(self) -> int:
        return len(self.latents) - self.prior


class TrainingStep:
    """On a CPU, or if the capture fails, the same operations run one by one."""

    def __init__(
        self,
        pipeline: Pipeline,
        examples: TrainingSet,
        optimiser: torch.optim.Optimizer,
        *,
        capture: bool = True,
    ) -> None:
        self._pipeline = pipeline
        self._examples = examples
        self._optimiser = optimiser
        self._size = pipeline.recipe.batch * (2 if examples.prior else 1)
        self._batches = Batches(self._size)
        self._places = torch.zeros(self._size, dtype=torch.int64, device=pipeline.device)
        self._latents = _rows_like(examples.latents, self._size)
        self._weights = (
            None if examples.weights is None else _rows_like(examples.weights, self._size)
        )
        self._prompts = EncodedPrompts(
            {name: _rows_like(rows, self._size) for name, rows in examples.prompts.rows.items()}
        )
        self._noise = torch.empty_like(self._latents)
        self._noise_levels = self._latents.new_empty(self._size)
        self._on_gpu = pipeline.device.type == "cuda"
        self._stream = torch.cuda.Stream(pipeline.device) if self._on_gpu else None
        self._before_capture = WARM_UP if capture and self._on_gpu else 0
        self._graph: torch.cuda.CUDAGraph | None = None  # untested on a GPU
        self._loss = torch.zeros((), device=pipeline.device)  # of the graph's last replay

    def run(self, seed: int) -> torch.Tensor:
        """Returns the loss, on the device: reading it waits for the step."""
        with self._side_stream():
            self._fill(seed)
            if self._graph is not None:
                self._graph.replay()
                return self._loss.clone()
            loss = self._step()
            if self._before_capture:
                self._before_capture -= 1
                if self._before_capture == 0 and self._batches.size == self._size:
                    self._capture()
            return loss

    @property
    def captured(self) -> bool:
        """True once `run` only starts a step."""
        return self._graph is not None

    def _fill(self, seed: int) -> None:
        """Examples, noise and noise levels of the step: they follow from its seed alone."""
        examples, batch = self._examples, self._pipeline.recipe.batch
        chance = torch.Generator().manual_seed(seed)
        places = torch.randint(examples.own, (batch,), generator=chance)
        if examples.prior:
            others = torch.randint(examples.prior, (batch,), generator=chance) + examples.own
            places = torch.cat([places, others])
        _copy(places, self._places)
        _copy(torch.randn(self._noise.shape, generator=chance), self._noise)
        _copy(torch.rand(self._size, generator=chance), self._noise_levels)
        torch.index_select(examples.latents, 0, self._places, out=self._latents)
        if self._weights is not None and examples.weights is not None:
            torch.index_select(examples.weights, 0, self._places, out=self._weights)
        for name, rows in examples.prompts.rows.items():
            torch.index_select(rows, 0, self._places, out=self._prompts.rows[name])

    def _step(self) -> torch.Tensor:
        """Gradients accumulate over batches that fit into memory."""
        while True:
            size = self._batches.size
            self._optimiser.zero_grad(set_to_none=True)
            losses = list(self._batches.run(range(self._size), self._backward))
            if self._batches.size == size:
                break
            # Memory ran out: the failed batch may have added gradients. Repeat the step.
        self._update()
        return torch.stack(losses).sum()

    def _capture(self) -> None:
        """Record a step without running it. Parameters and optimiser are not changed."""
        graph = torch.cuda.CUDAGraph()
        self._optimiser.zero_grad(set_to_none=True)  # the graph has gradients of its own
        try:
            with torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"):
                loss = self._backward(range(self._size))
                self._update()
        except RuntimeError as error:  # also out of memory: a graph holds all its tensors
            why = str(error).partition("\n")[0]
            log.warning("the training step is not captured, steps are slower: %s", why)
            self._optimiser.zero_grad(set_to_none=True)
            release()
        else:
            self._graph, self._loss = graph, loss

    def _backward(self, rows: Sequence[int]) -> torch.Tensor:
        """Add the gradients of these rows; returns their share of the loss."""
        part = slice(rows[0], rows[-1] + 1)
        losses = self._pipeline.losses(
            self._latents[part],
            EncodedPrompts({name: rows[part] for name, rows in self._prompts.rows.items()}),
            self._noise[part],
            self._noise_levels[part],
            None if self._weights is None else self._weights[part],
        )
        loss = losses.sum() / self._pipeline.recipe.batch
        loss.backward()
        return loss.detach()

    def _update(self) -> None:
        groups = self._optimiser.param_groups
        parameters = [parameter for group in groups for parameter in group["params"]]
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        self._optimiser.step()

    @contextmanager
    def _side_stream(self) -> Iterator[None]:
        """A capture needs a stream of its own, and the steps before it must run on the same one
        (PyTorch's documentation, CUDA semantics, CUDA Graphs)."""
        if self._stream is None:
            yield
            return
        main = torch.cuda.current_stream(self._pipeline.device)
        self._stream.wait_stream(main)
        with torch.cuda.stream(self._stream):
            yield
        main.wait_stream(self._stream)


def _rows_like(rows: torch.Tensor, count: int) -> torch.Tensor:
    return rows.new_empty((count, *rows.shape[1:]))


def _copy(value: torch.Tensor, into: torch.Tensor) -> None:
    """Without waiting for the GPU: that needs pinned memory."""
    into.copy_(value.pin_memory() if into.is_cuda else value, non_blocking=True)
