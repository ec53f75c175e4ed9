"""The checks of a graph, each one a function that yields issues and never raises."""
