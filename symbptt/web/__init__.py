"""A page in a browser: a note is pasted, and its verdicts stand beside it."""
