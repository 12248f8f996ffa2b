"""SM2, SM3 and SM4: the only package that imports foreign cipher libraries.

The known-answer self-test runs when this package is imported and fails closed: no caller gets hold of an
algorithm that computes wrongly. SM3 and HMAC-SM3 themselves are in ``kernel.digest``.
"""

from crypto.sm import selftest

selftest.run()
