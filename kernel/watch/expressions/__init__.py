"""Rules as expressions over recorded series: a subset of PromQL with Prometheus' own meaning, and nothing else.

Invariants: pure; the same text gives the same alerts in promtool; a series is (instants, values) of one subject,
and vectors match by subject alone, so an expression is evaluated subject by subject.
"""
