"""What a page says: expressions that never evaluate, equations, names, shapes, and equations at one step."""
