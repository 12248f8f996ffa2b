"""Work calendar: which days are worked, by an editable table that never guesses beyond its end.

Public surface: ``rules.WorkCalendar`` (pure), ``service.load(session)``, ``service.due_on`` and
``service.replace_year``. Invariants: a weekday is worked unless a holiday row says otherwise, a weekend
day is not unless a make-up row says so, and a year without a loaded 放假通知 is refused, not assumed.
"""
