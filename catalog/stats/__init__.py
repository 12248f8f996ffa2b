"""Figures of the workbench."""
