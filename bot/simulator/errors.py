"""Discord's REST errors: status, JSON code, message, and the nested `errors` object of an invalid form body."""

from enum import Enum
from typing import Any

Json = dict[str, Any]


class ErrorCode(Enum):
    """Value: HTTP status, JSON error code, message (Discord docs: Opcodes and Status Codes, JSON)."""

    UNAUTHORIZED = (401, 0, "401: Unauthorized")
    NOT_FOUND = (404, 0, "404: Not Found")
    METHOD_NOT_ALLOWED = (405, 0, "405: Method Not Allowed")
    UNKNOWN_APPLICATION = (404, 10002, "Unknown Application")
    UNKNOWN_CHANNEL = (404, 10003, "Unknown Channel")
    UNKNOWN_GUILD = (404, 10004, "Unknown Guild")
    UNKNOWN_MEMBER = (404, 10007, "Unknown Member")
    UNKNOWN_MESSAGE = (404, 10008, "Unknown Message")
    UNKNOWN_ROLE = (404, 10011, "Unknown Role")
    UNKNOWN_USER = (404, 10013, "Unknown User")
    UNKNOWN_EMOJI = (400, 10014, "Unknown Emoji")
    UNKNOWN_WEBHOOK = (404, 10015, "Unknown Webhook")
    UNKNOWN_INTERACTION = (404, 10062, "Unknown interaction")
    UNKNOWN_COMMAND = (404, 10063, "Unknown application command")
    BOTS_ONLY = (403, 20002, "Only bots can use this endpoint")
    SLOW_MODE = (429, 20016, "This action cannot be performed due to slowmode rate limit.")
    TOO_LARGE = (413, 40005, "Request entity too large")
    ALREADY_ACKNOWLEDGED = (400, 40060, "Interaction has already been acknowledged.")
    MISSING_ACCESS = (403, 50001, "Missing Access")
    WRONG_CHANNEL_FOR_DM = (403, 50003, "Cannot execute action on a DM channel")
    OTHERS_MESSAGE = (403, 50005, "Cannot edit a message authored by another user")
    EMPTY_MESSAGE = (400, 50006, "Cannot send an empty message")
    DM_CLOSED = (403, 50007, "Cannot send messages to this user")
    NON_TEXT_CHANNEL = (400, 50008, "Cannot send messages in a non-text channel")
    MISSING_PERMISSIONS = (403, 50013, "Missing Permissions")
    INVALID_WEBHOOK_TOKEN = (401, 50027, "Invalid Webhook Token")
    INVALID_FORM_BODY = (400, 50035, "Invalid Form Body")
    THREAD_ARCHIVED = (400, 50083, "Thread is archived")
    THREAD_LOCKED = (403, 50083, "Thread is archived")  # Discord sends this message for locked open threads too
    INVALID_JSON = (400, 50109, "The request body contains invalid JSON.")
    REPLY_NEEDS_HISTORY = (400, 160002, "Cannot reply without permission to read message history")
    THREAD_EXISTS = (400, 160004, "A thread has already been created for this message")


class ApiError(Exception):
    """An error response. `extra` fields are added to the body, such as `retry_after`."""

    def __init__(self, error: ErrorCode, errors: Json | None = None, **extra: Any) -> None:
        self.status, self.code, self.message = error.value
        self.errors, self.extra = errors, extra
        super().__init__(f"{self.status} {self.code} {self.message}")

    def body(self) -> Json:
        body: Json = {"message": self.message, "code": self.code} | self.extra
        return body | {"errors": self.errors} if self.errors else body


class Form:
    """Validation errors of one request body, keyed by dotted path.

    `check` raises all of them at once as 50035 Invalid Form Body, as Discord does.
    """

    def __init__(self) -> None:
        self.errors: Json = {}

    def wrong(self, path: str, code: str, message: str) -> None:
        node = self.errors
        for key in path.split("."):
            node = node.setdefault(key, {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def check(self) -> None:
        if self.errors:
            raise ApiError(ErrorCode.INVALID_FORM_BODY, self.errors)

    def required(self, path: str) -> None:
        self.wrong(path, "BASE_TYPE_REQUIRED", "This field is required")

    def length(self, path: str, text: Any, most: int, least: int = 0) -> None:
        """Require a string or list of `least` to `most` characters or items."""
        if not isinstance(text, str | list):
            self.wrong(path, "STRING_TYPE_CONVERT", "Could not interpret the value as a string.")
        elif least and not least <= len(text) <= most:
            self.wrong(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
        elif len(text) > most:
            self.wrong(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")

    def choice(self, path: str, value: Any, allowed: tuple[Any, ...]) -> None:
        if value not in allowed:
            listed = ", ".join(str(item) for item in allowed)
            self.wrong(path, "BASE_TYPE_CHOICES", f"Value must be one of {{{listed}}}.")


def field_error(path: str, code: str, message: str) -> ApiError:
    """A 50035 Invalid Form Body with one error at `path`."""
    form = Form()
    form.wrong(path, code, message)
    return ApiError(ErrorCode.INVALID_FORM_BODY, form.errors)


def parse_snowflake(value: Any, path: str) -> int:
    """The id as an integer. Raises 50035 Invalid Form Body, naming the field, if it is not one."""
    try:
        return int(value)
    except (TypeError, ValueError):
        raise field_error(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.') from None
