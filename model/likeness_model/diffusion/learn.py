"""Teach an adapter one face, in time for the drawing, and so that a stopped run can go on."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from likeness_model import metrics
from likeness_model.diffusion.adapters import State, person_parameters, person_state, put_on
from likeness_model.diffusion.backends.base import Backend, Prompts
from likeness_model.diffusion.keeping import Keeping
from likeness_model.diffusion.memory import Batches
from likeness_model.diffusion.seeds import mixed

log = logging.getLogger(__name__)

LOG_EVERY = 25
ADAM = ("exp_avg", "exp_avg_sq")


@dataclass(frozen=True)
class Lessons:
    """What is learned from: a latent, an encoded caption and a weight for each example. Those of
    other people, `prior` of them at the end, keep the network from making everybody the user."""

    latents: torch.Tensor
    prompts: Prompts
    prior: int = 0

    @property
    def own(self) -> int:
        return len(self.latents) - self.prior


@dataclass(frozen=True)
class Learned:
    """The adapter, how many steps made it, and the loss at each step of this run."""

    state: State
    steps: int
    losses: tuple[float, ...]


def learn(
    backend: Backend,
    lessons: Lessons,
    *,
    seed: int,
    keeping: Keeping,
    goes_on: Callable[[float], bool] = lambda _seconds: True,
) -> Learned:
    """`goes_on(seconds)` is asked before each step whether there is time for one of that length.

    Every step's noise follows from the seed and the step's number alone: a run that goes on from
    a kept state, with as many threads, ends in the same bits as one that was never stopped.
    """
    recipe, network = backend.recipe, backend.learner

    # 1. A fresh adapter, or the one that a stopped run left.
    put_on(network, backend.targets, recipe.rank, seed=seed)
    parameters = person_parameters(network)
    optimiser = torch.optim.AdamW(
        parameters.values(), lr=recipe.learning_rate, fused=backend.device.type == "cuda"
    )
    done, finished = _restore(keeping.find(), parameters, optimiser)

    # 2. Steps, until the recipe's are done or the time is up.
    batches = Batches(recipe.batch + min(lessons.prior, recipe.batch))
    losses: list[float] = []
    seconds = 0.0
    while not finished and done < recipe.steps and goes_on(seconds):
        began = time.perf_counter()
        losses.append(_step(backend, lessons, optimiser, mixed(seed, done), batches))
        done += 1
        seconds = time.perf_counter() - began
        if done % LOG_EVERY == 0 or done == recipe.steps:
            recent = sum(losses[-LOG_EVERY:]) / len(losses[-LOG_EVERY:])
            metrics.tell(step=done, train_loss=recent, seconds_per_step=seconds)
        if done % recipe.keep_every == 0 and done < recipe.steps:
            keeping.keep(_packed(parameters, optimiser, steps=done))

    # 3. Keep the end, too: a run that is stopped while it draws need not learn again.
    if not finished:
        keeping.keep(_packed(parameters, None, steps=done))
    if done < recipe.steps:
        log.warning("learning ended after %d of %d steps, in time to draw", done, recipe.steps)
    return Learned(person_state(network), done, tuple(losses))


def _step(
    backend: Backend,
    lessons: Lessons,
    optimiser: torch.optim.Optimizer,
    seed: int,
    batches: Batches,
) -> float:
    """One step, its gradients added up over batches as small as the memory wants. Its loss."""
    recipe = backend.recipe
    chance = torch.Generator().manual_seed(seed)
    chosen = torch.randint(lessons.own, (recipe.batch,), generator=chance).tolist()
    if lessons.prior:
        others = torch.randint(lessons.prior, (recipe.batch,), generator=chance) + lessons.own
        chosen += others.tolist()
    shape = (len(chosen), *lessons.latents.shape[1:])
    noise = torch.randn(shape, generator=chance).to(backend.device)
    moments = torch.rand(len(chosen), generator=chance).to(backend.device)

    def learn_from(rows: Sequence[int]) -> float:
        places = [chosen[row] for row in rows]
        errors = backend.errors(
            lessons.latents[places],
            lessons.prompts.pick(places),
            noise[list(rows)],
            moments[list(rows)],
        )
        loss = errors.sum() / recipe.batch
        loss.backward()
        return float(loss.detach())

    while True:
        size = batches.size
        optimiser.zero_grad(set_to_none=True)
        loss = sum(batches.run(range(len(chosen)), learn_from))
        if batches.size == size:
            break
        # Memory ran out half-way: some gradients of the failed batch may be in. Begin again.
    torch.nn.utils.clip_grad_norm_(
        [parameter for group in optimiser.param_groups for parameter in group["params"]], 1.0
    )
    optimiser.step()
    return loss


# --- states ------------------------------------------------------------------------------------


def _packed(
    parameters: Mapping[str, torch.nn.Parameter],
    optimiser: torch.optim.Optimizer | None,
    *,
    steps: int,
) -> bytes:
    """Without an optimiser: learning is done, and only the adapter is needed."""
    tensors = {"steps": torch.tensor(steps)}
    for name, parameter in parameters.items():
        tensors[f"adapter {name}"] = parameter.detach().cpu()
        if optimiser is not None:
            for moment in ADAM:
                tensors[f"{moment} {name}"] = optimiser.state[parameter][moment].detach().cpu()
    return save(tensors)


def _restore(
    content: bytes | None,
    parameters: Mapping[str, torch.nn.Parameter],
    optimiser: torch.optim.Optimizer,
) -> tuple[int, bool]:
    """Steps that were done, and whether learning was. A state that cannot be read is no state."""
    if content is None:
        return 0, False
    try:
        tensors = load(content)
    except SafetensorError:
        log.warning("the kept state cannot be read: learning begins anew")
        return 0, False
    steps, finished = tensors["steps"].item(), True
    for name, parameter in parameters.items():
        parameter.data.copy_(tensors[f"adapter {name}"])
        if f"{ADAM[0]} {name}" in tensors:
            finished = False
            moments = {m: tensors[f"{m} {name}"].to(parameter.device) for m in ADAM}
            step = torch.tensor(float(steps), device=parameter.device)
            optimiser.state[parameter] = {"step": step, **moments}
    log.info("learning goes on after step %d", steps)
    return int(steps), finished
