"""Nodes of the network: registered, sampled, with the history that charts and the run analysis read."""
