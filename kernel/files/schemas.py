"""What attachments send on the wire."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field

from kernel.http.wire import Wire


class AttachmentOut(Wire):
    """An attachment; ``size`` in bytes, ``digest`` is the SM3 of the clear bytes."""

    id: uuid.UUID
    object_type: str
    object_id: str
    name: str
    media_type: str
    size: int
    digest: Annotated[str, Field(examples=["sm3:1:66c7f0f4…"])]
    sensitive: bool
    created_at: datetime


class AttachmentList(Wire):
    items: list[AttachmentOut]
