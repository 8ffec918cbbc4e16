"""Graphic styles: comic, pop art and cel-shaded cartoon."""
