"""In-app notices to a person, a role or a department, with read marks per person.

Public surface: ``service.notify``. A notice is written in the transaction of its cause.
"""
