"""What a witness runs: own home, own SM2 key, the last checkpoints it has seen, and evidence of what it refused."""
