"""The engines that learn a face: diffusion models of the diffusers library, on a GPU."""

import os

from likeness_model.weights import go_offline

# Here, before any module below imports the libraries that read it. Their warnings go: they repeat
# in full the prompts that are too long for a tokenizer.
go_offline()
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
