"""Ledger accounts of the platform: which there are, what each may do, and exchanging their keys.

Invariants
- Keys rest sealed (SM4) and are never handed out; nothing here or elsewhere shows one.
- An exchange ends in one of two clean states: the new account has every right of the old one and the old one has none
  (done), or the old one goes on and the new one has none (undone). Killed anywhere it goes on from its row.
- The new account may do all that the old one may before anything is signed with it; the old one is taken off the list
  of senders only after its last transaction is final.
"""
