"""Stands in for CPython's module of this name, which test_inspect imports without need: it has nothing."""
