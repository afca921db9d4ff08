"""The methods of proof, each an interpreter of the page: unrolled, indexed, words by induction."""
