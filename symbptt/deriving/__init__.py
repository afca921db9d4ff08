"""What a page leaves to be derived: the backward pass of its definitions, as equations of the page."""
