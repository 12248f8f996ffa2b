"""Proposals: data items read from abstracts, tables read from column headers; written only when a person accepts."""
