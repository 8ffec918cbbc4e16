"""One file a family of weights: what SDXL and FLUX.2 klein do each in their own way."""
