"""Expressions and equations as they are printed: LaTeX and MathML in page order, sums written out at one step."""
