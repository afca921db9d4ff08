"""Why an equation is true, or where it fails: verdicts told as proofs on the board."""
