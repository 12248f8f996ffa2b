"""Durable background work: job rows with progress, log and cancel, and scheduled slots completed once.

Public surface: ``registry.job``, ``registry.schedule``, ``service.enqueue``, ``context.JobContext``.
Invariants: a job's writes commit only under its fence; a slot (kind, instant) is claimed by one holder and
completed once; a job or slot whose holder died runs again, so every body is idempotent.
"""
