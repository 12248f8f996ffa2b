"""HTTP edge: transactions, sign-in, permissions, idempotency, versions, paging, problem+json.

A feature's ``routes.py`` needs only what is exported here.
"""

from kernel.http.deps import Actor_, Page, Page_, Session_, needs, public
from kernel.http.download import download
from kernel.http.etag import check_if_match, set_etag
from kernel.http.paging import paginate
from kernel.http.route import router

__all__ = [
    "Actor_", "Page", "Page_", "Session_", "check_if_match", "download", "needs", "paginate", "public", "router",
    "set_etag",
]
