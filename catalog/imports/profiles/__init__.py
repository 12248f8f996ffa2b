"""Mapping profiles: which header of a workbook is which field. JSON data beside this file."""
