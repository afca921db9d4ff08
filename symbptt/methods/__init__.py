"""The methods of proof, each an interpreter of the notation, and the search for the smallest witness."""
