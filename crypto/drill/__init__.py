"""The drill: on a copy of an installation, a rotation is killed in every state while others write, and judged."""
