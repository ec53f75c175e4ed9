"""Importing this package fills the lists of filters, tests and functions."""

from flowforge_provider.expressions.library import dates, encoding, lists, numbers, objects, predicates, texts

__all__ = ["dates", "encoding", "lists", "numbers", "objects", "predicates", "texts"]
