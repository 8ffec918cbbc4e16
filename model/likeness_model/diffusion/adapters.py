"""The user's adapter: put on a network for one job, and taken off. Never fused into its weights.

In bf16, fusing and unfusing leaves a quarter of the base's tensors changed: a trace of one user's
face in the next user's pictures.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from peft import LoraConfig, get_peft_model_state_dict, set_peft_model_state_dict
from torch import nn

PERSON = "person"  # the user's
FAST = "fast"  # a distilled sampler's: belongs to the base, and stays

State = dict[str, torch.Tensor]  # peft's names, without the adapter's own


def put_on(
    network: nn.Module, targets: Sequence[str], rank: int, *, seed: int, state: State | None = None
) -> None:
    """A fresh adapter, which changes nothing yet, or one with the weights of `state`.

    Alpha equals the rank, so that its scale is one in every file format. Kept in 32 bits whatever
    the network is in: steps of 1e-4 are lost in bf16.
    """
    config = LoraConfig(
        r=rank, lora_alpha=rank, init_lora_weights="gaussian", target_modules=list(targets)
    )
    with torch.random.fork_rng(devices=[]), beside_others():
        torch.manual_seed(seed)
        network.add_adapter(config, adapter_name=PERSON)
    for parameter in person_parameters(network).values():
        parameter.data = parameter.data.float()
    if state is not None:
        set_peft_model_state_dict(network, state, adapter_name=PERSON)
    wear(network, [PERSON])


@contextmanager
def beside_others() -> Iterator[None]:
    """peft warns whoever puts a second adapter on a network: here that is meant."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Already found a `peft_config`")
        yield


def wear(network: nn.Module, names: Sequence[str]) -> None:
    """Which adapters act, none for an empty list; only the user's can be trained."""
    if residents(network):
        if names:
            network.enable_adapters()
            network.set_adapters(list(names), [1.0] * len(names))
        else:
            network.disable_adapters()
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(f".{PERSON}." in name and PERSON in names)


def take_off(network: nn.Module) -> None:
    """The network as it was before the job, with the adapters that belong to the base."""
    if PERSON in residents(network):
        network.delete_adapters(PERSON)
        if not residents(network):
            network.unload_lora()
    wear(network, [name for name in (FAST,) if name in residents(network)])


def residents(network: nn.Module) -> tuple[str, ...]:
    """The adapters that the network carries, acting or not."""
    return tuple(getattr(network, "peft_config", None) or ())


def person_parameters(network: nn.Module) -> dict[str, nn.Parameter]:
    return {name: p for name, p in network.named_parameters() if f".{PERSON}." in name}


def person_state(network: nn.Module) -> State:
    """A copy in the host's memory, 32 bits."""
    state = get_peft_model_state_dict(network, adapter_name=PERSON)
    return {name: value.detach().to("cpu", torch.float32).clone() for name, value in state.items()}


def equal(one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]) -> bool:
    """Bit for bit."""
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)
