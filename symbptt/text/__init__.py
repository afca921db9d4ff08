"""Where the displays of a file stand: macros opened, passages and rows told apart, each sign with its place."""
