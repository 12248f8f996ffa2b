"""Interfaces: numbered revisions, draft → submitted → published → retired, bound to a data entry of the catalog."""
