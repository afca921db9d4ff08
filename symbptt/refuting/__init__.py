"""The search for the smallest witness, and the checks that it is one."""
