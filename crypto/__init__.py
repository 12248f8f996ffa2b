"""Secrets of the platform: SM algorithms, keys, encrypted columns, rotation.

Public surface
    crypto.sm                 SM2, its key files and certificates, SM4 modes, CMAC, FF1, KDFs; the only door to
                              foreign cipher libraries
    crypto.servicekeys        SecretBox and named service keys, open at start without a person
    crypto.envelope           envelope v1: the one byte form of an encrypted field
    crypto.columns            a column at a time: encrypt, decrypt, blind index and FF1 in batch
    crypto.keys               root, KEK per department, DEK per column; ``Keyring`` for readers and writers
    crypto.scopes             which columns are encrypted; ORM types, session hook, fences in the database
    crypto.rotation           exchange of a key while the column is in use
    crypto.drill              that exchange killed everywhere, on a copy, and judged
    crypto.selfcheck          what is encrypted how, where clear text lies, findings by GB/T 39786
    crypto.masking            what a person without a grant sees
    crypto.persons            the platform's own encrypted person table

Invariants
    - clear text of an encrypted column is never bound, stored or logged;
    - a key that belongs to one (department, table, column, purpose) opens nothing else;
    - data key material is in the database only wrapped, KEK and root material never;
    - verification raises or reports per row, it never returns False.
"""
