"""How people outside the console are told: webhooks, group robots, mail, text messages.

Invariants: what a channel is told is a row written with its cause; a robot never gets more messages a minute than
it takes, what is too much goes as one digest; addresses and secrets are sealed; the same message is sent again
with the same idempotency key.
"""
