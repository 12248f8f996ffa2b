"""Envelope v1: the one byte form of an encrypted field (34 bytes of overhead)."""
