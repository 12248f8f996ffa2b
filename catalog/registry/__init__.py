"""Thin editing of duties, systems and tables."""
