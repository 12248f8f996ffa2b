"""A column at a time: SM4-GCM over many fields in one call, byte-equal with one at a time."""
