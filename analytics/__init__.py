"""Analysis: frozen inputs, indicators with numerator and denominator, and reports that anyone can recompute.

Features: ``inputs`` (what a run freezes, and where it comes from), ``figures`` (rules and their values),
``reports`` (runs, documents, manifest, verification, reproduction).

Invariants: a report is computed from its frozen files alone, never from live tables; figures are integers and
decimals, never floats; every printed figure has a rule, a numerator, a denominator and the rows behind them;
the same manifest, inputs and code give the same bytes. pandas and duckdb are imported in this package only.
"""
