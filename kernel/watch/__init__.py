"""The one monitoring engine: targets, probe runner, state machine, rules, alarms, silences, notices.

Upper floors register targets, callables and signals (``registry``); none has an engine of its own.
Invariants: unknown is not down; the state is a pure function of samples (``rules``); a prober's own failure says
nothing about its target; a silenced alarm is recorded without notice.
"""
