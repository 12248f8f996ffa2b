"""A file to save, as an answer."""

from urllib.parse import quote

from starlette.responses import Response

from kernel.documents.media import MEDIA_TYPES


def download(data: bytes, name: str, media_type: str | None = None) -> Response:
    """Answer with a file that a browser saves under ``name`` and neither shows inline nor guesses the type of.

    Without ``media_type`` the ending of the name decides.
    """
    return Response(
        data, media_type=media_type or MEDIA_TYPES.get(name.rsplit(".", 1)[-1], "application/octet-stream"),
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "X-Content-Type-Options": "nosniff",
        },
    )
