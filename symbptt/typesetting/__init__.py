"""Notation as it is printed: LaTeX and MathML in page order, and sums written out at one step."""
