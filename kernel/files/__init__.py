"""Attachments of any object: sniffed type, size limit, SM3 digest, rights of the owner, sealed where sensitive.

Public surface: ``registry.attachable``, ``service.attach/open_file/remove``.
Invariants: the type is what the bytes say, not the name; a download is verified against its digest and is never
served inline; a file without its row is rubbish, a row without its file is an error.
"""
