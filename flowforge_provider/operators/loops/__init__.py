"""Steps in the body of a loop: which items a task takes, what becomes of each, and what is kept of it."""
