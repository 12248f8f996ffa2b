"""Anchoring: committed records become leaves of one Merkle tree per stream, and its roots go on the chain.

Invariants
- What was not committed is never anchored: a leaf is a row of the transaction that caused it.
- What was committed is anchored exactly once: index, root and the raw signed transaction are committed before
  anything is sent, and those same bytes are sent until their receipt is final.
- Order is the leaf's index, given by the one holder of the stream's fenced lease; never a clock, never an id.
- A proof is one canonical JSON file in which every field is bound by a hash or a signature.

What this feature relies on
- AnchorRegistry (contracts_sc): ``anchor``, ``headOf`` and the event ``Anchored``; the write role of a stream
  is its id, the ASCII name padded with zero bytes on the right.
- Headers (mulian-poa): extraData = 32 bytes vanity + 65 bytes seal (r, s, v in {0, 1}, low s), secp256k1
  over keccak256(rlp(header with extraData cut before the seal)); the recovered address is the sealer.
"""
