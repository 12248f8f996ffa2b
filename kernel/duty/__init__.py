"""Who is on duty: roster rows with half-open intervals, first and second person.

Public surface: ``service.who(session, at)``.
"""
