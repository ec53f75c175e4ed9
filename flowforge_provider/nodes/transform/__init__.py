"""The operations of the transform step: their fields, one file a family."""
