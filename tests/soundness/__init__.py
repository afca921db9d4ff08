"""Claims of every kind, judged through both doors and held against an evaluator that knows nothing of the proofs."""
