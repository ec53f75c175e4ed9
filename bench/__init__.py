"""Benchmarks: each measures FlowForge beside what people would use instead, in one run, and prints ratios."""
