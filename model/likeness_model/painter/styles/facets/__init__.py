"""Styles folded and cut from flat facets and sheets."""

from likeness_model.painter.styles.facets.low_poly import low_poly
from likeness_model.painter.styles.facets.paper_cut import paper_cut

__all__ = ["low_poly", "paper_cut"]
