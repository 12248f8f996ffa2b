"""What favourites send and take."""

import uuid

from pydantic import Field

from kernel.http.wire import Wire


class FavouriteOut(Wire):
    """A node that the caller keeps."""

    node_kind: str
    node_id: uuid.UUID
    code: str
    name: str
    department: str
    status: str
    version: int
    position: int


class FavouriteList(Wire):
    """All favourites of the caller, in his order."""

    items: list[FavouriteOut]
    total: int


class OrderIn(Wire):
    """The nodes that come first, in their order."""

    node_ids: list[uuid.UUID] = Field(max_length=5000)
