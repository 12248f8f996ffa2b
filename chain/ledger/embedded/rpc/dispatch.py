"""From request bytes to answer bytes. Whatever comes in, an answer goes out: no input ends the process."""

import inspect
import json
import logging
from collections.abc import Callable
from typing import Any

import orjson

from chain.ledger.embedded.rpc.errors import (
    INTERNAL,
    INVALID_PARAMS,
    INVALID_REQUEST,
    LIMIT_EXCEEDED,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    SERVER_ERROR,
    RpcError,
)
from chain.ledger.embedded.rpc.methods import METHODS, SLOW, Later, Service

MAX_BODY_BYTES = 8 * 1024 * 1024
MAX_BATCH = 1_000
_DURABLE_SECONDS = 30.0
_log = logging.getLogger("mulian.chain.rpc")


class _Prepared:
    """A validated request object, or the error it already earned."""

    def __init__(self, request: Any) -> None:
        self.id = request.get("id") if isinstance(request, dict) else None
        self.error: RpcError | None = None
        self.notification = isinstance(request, dict) and "id" not in request
        self.method = ""
        self.params: list[Any] = []
        try:
            self._check(request)
        except RpcError as error:
            self.error = error

    def _check(self, request: Any) -> None:
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            raise RpcError(INVALID_REQUEST, "invalid request")
        if isinstance(self.id, bool) or not isinstance(self.id, str | int | float | None):
            self.id = None
            raise RpcError(INVALID_REQUEST, "invalid request id")
        self.method = request["method"]
        params = request.get("params", [])
        if params is None:
            params = []
        if not isinstance(params, list):
            raise RpcError(INVALID_PARAMS, "params are a list")
        self.params = params


def is_slow(body: bytes) -> bool:
    """Return whether a request may take long (a guess by name: batches that mention a slow method count)."""
    return any(f'"{name}"'.encode() in body for name in SLOW)


def handle(service: Service, body: bytes) -> bytes:
    """Answer one request or batch; blocks until submissions in it are durable. Empty bytes: nothing to answer."""
    try:
        # not json.loads: py-evm raises Python's recursion limit so far that deep nesting would overrun the C stack
        # of this thread; orjson has a limit of its own
        document = orjson.loads(body)
    except ValueError:
        return _encode(_error(None, RpcError(PARSE_ERROR, "parse error")))
    if not isinstance(document, list):
        prepared = _Prepared(document)
        answer = _settle(prepared, _invoke(service, prepared))
        return b"" if prepared.notification and prepared.error is None else _encode(answer)
    if not document:
        return _encode(_error(None, RpcError(INVALID_REQUEST, "empty batch")))
    if len(document) > MAX_BATCH:
        return _encode(_error(None, RpcError(LIMIT_EXCEEDED, f"a batch holds at most {MAX_BATCH} requests")))
    items = [_Prepared(item) for item in document]
    # all submissions are queued before the first is waited for, so that they share one fsync
    results = [_invoke(service, item) for item in items]
    answers = [
        answer
        for item, result in zip(items, results, strict=True)
        for answer in [_settle(item, result)]
        if not (item.notification and item.error is None)
    ]
    return _encode(answers) if answers else b""


def perform(service: Service, method: str, params: list[Any]) -> dict[str, Any]:
    """Answer one call in process: the response object without transport."""
    prepared = _Prepared({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    return _settle(prepared, _invoke(service, prepared))


def _invoke(service: Service, prepared: _Prepared) -> Any:
    if prepared.error is not None:
        return prepared.error
    function = METHODS.get(prepared.method)
    if function is None:
        name = prepared.method[:80]
        return RpcError(METHOD_NOT_FOUND, f"the method {name} does not exist/is not available")
    try:
        _check_arity(function, prepared.params)
        return function(service, *prepared.params)
    except RpcError as error:
        return error
    except RecursionError:
        return RpcError(SERVER_ERROR, "max call depth exceeded")
    except Exception:
        _log.exception("method %s failed", prepared.method)
        return RpcError(INTERNAL, "internal error")


def _check_arity(function: Callable[..., Any], params: list[Any]) -> None:
    try:
        inspect.signature(function).bind(None, *params)
    except TypeError as error:
        raise RpcError(INVALID_PARAMS, "wrong number of params") from error


def _settle(prepared: _Prepared, result: Any) -> dict[str, Any]:
    if isinstance(result, Later):
        try:
            result.done.result(timeout=_DURABLE_SECONDS)
            result = result.result
        except Exception as error:  # a full disk, a shutdown: the transaction was not acknowledged
            result = RpcError(SERVER_ERROR, f"not stored: {error}"[:200])
    if isinstance(result, RpcError):
        return _error(prepared.id, result)
    return {"jsonrpc": "2.0", "id": prepared.id, "result": result}


def _error(request_id: Any, error: RpcError) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, "error": error.document()}


def _encode(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
