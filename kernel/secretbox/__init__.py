"""SecretBox: the port through which the kernel keeps secrets without knowing any cipher."""
