"""JSON-RPC errors with the codes that geth uses, so that web3 libraries understand them."""

from typing import Any

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL = -32603
SERVER_ERROR = -32000
LIMIT_EXCEEDED = -32005
# Besu's code for a sender that its allow-list does not name
NOT_LISTED = -32007
FORBIDDEN = -32001
RESPONSE_TOO_LARGE = -32003
REVERTED = 3


class RpcError(Exception):
    """An error that is answered to the caller; ``data`` is what the contract returned, as hex."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def document(self) -> dict[str, Any]:
        """Return the JSON-RPC error object."""
        document: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.data is not None:
            document["data"] = self.data
        return document


def invalid(message: str) -> RpcError:
    """Return an invalid-params error."""
    return RpcError(INVALID_PARAMS, message)
