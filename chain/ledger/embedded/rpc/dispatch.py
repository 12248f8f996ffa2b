"""From request bytes to answer bytes. Whatever comes in, an answer goes out: no input ends the process."""

import functools
import inspect
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from chain.ledger.embedded.rpc.callers import OWNER, Caller
from chain.ledger.embedded.rpc.errors import (
    FORBIDDEN,
    INTERNAL,
    INVALID_PARAMS,
    INVALID_REQUEST,
    LIMIT_EXCEEDED,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    RESPONSE_TOO_LARGE,
    SERVER_ERROR,
    RpcError,
)
from chain.ledger.embedded.rpc.service import Later, Service
from chain.ledger.embedded.rpc.subscriptions import SESSION_METHODS, Session
from chain.ledger.embedded.rpc.table import METHODS, SLOW

MAX_BODY_BYTES = 8 * 1024 * 1024
MAX_BATCH = 1_000
# the answers of one batch together; what comes after gets an error and is not executed
MAX_BATCH_RESPONSE_BYTES = 25 * 1024 * 1024
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


@dataclass
class Context:
    """On whose behalf, and for which connection: only a connection that stays open has a session."""

    caller: Caller = OWNER
    session: Session | None = None


def handle(service: Service, body: bytes, context: Context = Context()) -> bytes:
    """Answer one request or batch; blocks until submissions in it are durable. Empty bytes: nothing to answer."""
    try:
        # not json.loads: py-evm raises Python's recursion limit so far that deep nesting would overrun the C stack
        # of this thread; orjson has a limit of its own
        document = orjson.loads(body)
    except ValueError:
        return _encode(_error(None, RpcError(PARSE_ERROR, "parse error")))
    if not isinstance(document, list):
        prepared = _Prepared(document)
        answer = _settle(prepared, _invoke(service, prepared, context))
        return b"" if prepared.notification and prepared.error is None else _encode(answer)
    if not document:
        return _encode(_error(None, RpcError(INVALID_REQUEST, "empty batch")))
    if len(document) > MAX_BATCH:
        return _encode(_error(None, RpcError(LIMIT_EXCEEDED, f"a batch holds at most {MAX_BATCH} requests")))
    answers = _answer_batch(service, [_Prepared(item) for item in document], context)
    return b"[" + b",".join(answers) + b"]" if answers else b""


def _answer_batch(service: Service, items: list[_Prepared], context: Context) -> list[bytes]:
    # all submissions are queued before the first is waited for, so that they share one fsync
    results: list[Any] = []
    room = MAX_BATCH_RESPONSE_BYTES
    for item in items:
        result = _invoke(service, item, context) if room > 0 else _too_large(item)
        if not isinstance(result, Later):
            result = _encode(_settle(item, result))
            room -= len(result)
        results.append(result)
    return [
        result if isinstance(result, bytes) else _encode(_settle(item, result))
        for item, result in zip(items, results, strict=True)
        if not (item.notification and item.error is None)
    ]


def _too_large(item: _Prepared) -> RpcError:
    return item.error or RpcError(
        RESPONSE_TOO_LARGE, f"the answers of this batch are larger than {MAX_BATCH_RESPONSE_BYTES} bytes"
    )


def perform(service: Service, method: str, params: list[Any]) -> dict[str, Any]:
    """Answer one call in process: the response object without transport."""
    prepared = _Prepared({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    return _settle(prepared, _invoke(service, prepared, Context()))


def _invoke(service: Service, prepared: _Prepared, context: Context) -> Any:
    if prepared.error is not None:
        return prepared.error
    try:
        function = _function(prepared.method, context)
        _check_arity(function, prepared.params)
        return function(service, *prepared.params)
    except RpcError as error:
        return error
    except RecursionError:
        return RpcError(SERVER_ERROR, "max call depth exceeded")
    except Exception:
        _log.exception("method %s failed", prepared.method)
        return RpcError(INTERNAL, "internal error")


def _function(method: str, context: Context) -> Callable[..., Any]:
    function = METHODS.get(method)
    session_function = SESSION_METHODS.get(method)
    if function is None and session_function is None:
        raise RpcError(METHOD_NOT_FOUND, f"the method {method[:80]} does not exist/is not available")
    if not context.caller.may(method):
        raise RpcError(FORBIDDEN, f"the method {method} is not on the list of {context.caller.name[:80]}")
    if function is not None:
        return function
    if session_function is None or context.session is None:
        raise RpcError(METHOD_NOT_FOUND, "notifications not supported")
    return functools.partial(session_function, context.session)


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
