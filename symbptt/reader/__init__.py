"""What the displays of a note say: LaTeX to marks, marks to notation, letters to vectors and matrices."""
