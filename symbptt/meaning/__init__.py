"""What a claim may mean: every way to read what is printed."""
