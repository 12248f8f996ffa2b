"""CKAN's own errors: what its clients expect in ``error`` and as status."""

from typing import Any


class ActionError(Exception):
    """An error of an action: ``{"success": false, "error": {"__type": ..., "message": ..., field: [...]}}``."""

    type = "Bad Request"
    status = 400

    def __init__(self, message: str, fields: dict[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.message, self.fields = message, fields or {}

    def body(self) -> dict[str, Any]:
        """The ``error`` of the answer."""
        return {"__type": self.type, "message": self.message, **self.fields}


class BadRequest(ActionError):
    """The request could not be read: no JSON object, or no such action."""


class NotAuthorized(ActionError):
    """No valid API token, or one without the right."""

    type, status = "Authorization Error", 403

    def __init__(self, why: str = "") -> None:
        super().__init__("Access denied" + (f": {why}" if why else ""))


class NotFound(ActionError):
    """No such dataset, organization, group, tag or resource, or not a public one."""

    type, status = "Not Found Error", 404

    def __init__(self, what: str = "") -> None:
        super().__init__("Not found" + (f": {what}" if what else ""))


class Invalid(ActionError):
    """A parameter or field that is not valid; says which."""

    type, status = "Validation Error", 409

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}", {field: [reason]})


class SearchQueryError(ActionError):
    """A query, filter or sort that cannot be understood."""

    type, status = "Search Query Error", 400

    def __init__(self, why: str) -> None:
        super().__init__(f"Search Query is invalid: {why}")
