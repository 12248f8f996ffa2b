"""接入单位: what each department has under protection, how its keys stand, what was re-keyed, who looked things up.

Invariants: read only; every figure is counted from rows that exist, nothing is estimated or decrypted; reasons that
people typed are not shown here, only doors, 业务事项 and purpose codes.
"""
