"""The definitions of a page run forward on numbers, in ways that know nothing of proofs."""
