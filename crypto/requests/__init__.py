"""Operations on keys that two people decide: KEK change, compromise, way of unsealing.

``kernel.approvals`` is the table of requests: it binds parameters by SM3, maker and checker are two, it expires and
is used once.
"""
