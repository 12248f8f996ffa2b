"""目录质量: the six properties of the directory's own cells, with every numerator, denominator and failing cell.

A rule is a pure function over one node and its surroundings (``rules``). Figures are kept for each department and
brought up to date when something of the department changed; the quality of rows is never guessed.
"""
