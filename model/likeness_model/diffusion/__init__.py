"""Diffusion engines on a GPU, with the diffusers library: LoRA training or reference pictures."""

import os

from likeness_model.offline import go_offline

# Before any module below imports the libraries that read these variables. Warnings are off: they
# repeat prompts that are too long for a tokenizer in full.
go_offline()
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
