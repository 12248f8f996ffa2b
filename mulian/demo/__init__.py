"""The demo: the whole path of the platform on a fresh home, every step checked by reading its result back.

``run.run`` is what ``mulian demo`` calls. The district's departments and streets are real names; duties, systems
and persons are samples written for this project and labelled so.
"""
