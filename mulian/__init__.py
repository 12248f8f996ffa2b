"""Mulian: assembly only. ASGI factory, CLI, worker, wiring of events, migrations, demo, doctor, built console."""
