"""
Public form pages: one for each form trigger of a live publication.

A form that is sent is a delivery like any other: stored before its sender is thanked, and one execution.
"""
