"""How much of a week or a quarter each thing was there, and each department's things together.

Invariants: only ``counted`` targets; an outage is counted once however many windows it crosses; planned windows do
not count; what nobody looked at is coverage, never availability. Exact integers, rounded for display alone.
"""
