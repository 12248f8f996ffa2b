"""Look-ups of what stands behind identifiers, and back: two doors, quotas, alarms, a log without values.

系统查询: an application with a grant. 人工查询: a person with a reason and a 工单号, a second person above the quota.
Invariants: nothing is answered that is not logged in the same transaction; the log holds blind indexes and counts, no
value; what was refused is logged too; 谁查过这个人 is answered from it without storing or showing the number.
"""
