"""Cases of any type: number, clock, assignee, timeline. Upper floors register types; an alarm becomes a case.

Public surface: ``registry.case_type``, ``service.open_case/assign/pause/resume/note/close``.
Invariants: numbers of a type and year are consecutive and never reused; the timeline only grows.
"""
