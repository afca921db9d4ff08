"""Verdicts: a proof or a refutation, readings, slips, and what the numbers say."""
