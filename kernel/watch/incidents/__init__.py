"""What alarms have in common: one incident a group, its timeline, who is told, who is called next.

Invariants: an open alarm belongs to exactly one incident; an incident is open while one of its alarms is; every
notice, acknowledgement and escalation is a line of its timeline.
"""
