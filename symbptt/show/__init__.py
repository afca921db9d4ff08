"""Verdicts shown: in the terminal, as JSON, HTML, LaTeX and PDF, in notebooks and as plots."""
