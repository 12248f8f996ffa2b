"""OAI-PMH 2.0: the public part for harvesters of libraries and aggregators, tombstones kept for ever."""
