"""The errors of a provider, each with a sentence that tells a person what happened and what can be done about it.

ProviderError
|- KeyRejected               the provider does not accept the API key
|- NoCredit                  the account has no credit or no payment method
|- RateLimited               too many requests or tokens                   (retryable)
|- ContextTooLong            the conversation exceeds the context window
|- ModelNotFound             the provider does not know the model
|- WrongAddress              the base URL does not lead to a chat-completions API
|- Retired                   the provider or the model was shut down
|- ContentFiltered           the provider's content policy forbids an answer
|- TooLarge                  the request has more bytes than the provider accepts
|- BadRequest                the provider rejects the request as it was sent
|  `- UnsupportedParameter   because of one parameter, which can be left out
|- Overloaded                the provider is overloaded or broken          (retryable)
|- Unreachable               no connection                                 (retryable)
|- TimedOut                  nothing was received for too long             (retryable)
|- CircuitOpen               not asked, since it kept failing
|- InvalidResponse           the response cannot be understood             (retryable)
`- CutOff                    the stream ended before the completion did    (retryable)

Retryable errors may go away when the same request is sent again. `detail` is meant for the log: the provider's own
words, with secrets redacted.
"""

import re
from collections.abc import Iterable
from typing import ClassVar

from bot.text import Text

MAX_DETAIL_LENGTH = 300
"""Characters of a provider's message that are kept."""

MIN_SECRET_LENGTH = 6
"""Characters. Anything shorter is not redacted: the placeholder key of a local server may be an ordinary word."""

_SECRET = re.compile(
    r"(?:authorization|x-api-key)[\"']?\s*[:=]\s*[\"']?(?:\w+\s+)?[^\s\"',}]{6,}|"
    r"\b(?:sk-|gsk_|xai-|ghp_|csk-)[\w-]{6,}|\bAIza[\w-]{20,}|\bBearer\s+[\w.~+/-]{6,}=*|data:[\w/+.-]+;base64,[\w+/=-]*",
    re.IGNORECASE,
)


class ProviderError(Exception):
    """The base class.

    `message` is a sentence for the person who asked, with {provider} and {model} to be filled in; `reason` says the
    same in a few words; `retryable` tells whether another attempt may succeed. `retry_after` is the delay in seconds
    that the provider asked for, if any.
    """

    message: ClassVar[Text] = Text("{provider} could not answer. Try again, or switch providers with `/provider`.")
    reason: ClassVar[Text] = Text("request failed")
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str = "", retry_after: float | None = None) -> None:
        self.detail = redacted(detail)[:MAX_DETAIL_LENGTH]
        self.retry_after = retry_after
        super().__init__(self.detail)

    def sentence(self, provider: str, model: str) -> Text:
        """Return the message about this provider and model."""
        return Text(self.message.template, provider=provider, model=model)

    def __str__(self) -> str:
        return self.detail

    def add_context(self, context: str) -> None:
        """Put our own explanation before the provider's words."""
        self.detail = f"{context}: {self.detail}"[:MAX_DETAIL_LENGTH]
        self.args = (self.detail,)

    def redact(self, secrets: Iterable[str]) -> None:
        """Remove these secrets from the detail: providers do repeat what was sent to them."""
        self.detail = redacted(self.detail, secrets)
        self.args = (self.detail,)


class KeyRejected(ProviderError):
    message = Text(
        "{provider} does not accept this bot's API key. The bot's operator needs to check it. "
        "You can switch providers with `/provider`."
    )
    reason = Text("API key rejected")


class NoCredit(ProviderError):
    message = Text(
        "This bot's account at {provider} has no credit left. The bot's operator needs to top it up. "
        "You can switch providers with `/provider`."
    )
    reason = Text("no credit left")


class RateLimited(ProviderError):
    message = Text("{provider} is rate limiting this bot. Try again in a minute, or switch providers with `/provider`.")
    reason = Text("rate limited")
    retryable = True


class ContextTooLong(ProviderError):
    message = Text(
        "This conversation is too long for {model}. Start a new one with `/new`, or switch models with `/model`."
    )
    reason = Text("conversation too long")


class ModelNotFound(ProviderError):
    message = Text("{provider} does not know the model {model}. Choose another one with `/model`.")
    reason = Text("model not found")


class WrongAddress(ProviderError):
    message = Text(
        "{provider} cannot be found at the configured base URL. The bot's operator needs to check it. "
        "You can switch providers with `/provider`."
    )
    reason = Text("wrong base URL")


class Retired(ProviderError):
    message = Text(
        "{provider} has shut down {model} or its whole service. Choose another one with `/model` or `/provider`."
    )
    reason = Text("shut down")


class ContentFiltered(ProviderError):
    message = Text(
        "{provider}'s content policy does not allow an answer to that. Rephrase it, or switch models with `/model`."
    )
    reason = Text("blocked by the content policy")


class TooLarge(ProviderError):
    message = Text(
        "That is more than {provider} accepts in one request. Send fewer or smaller images, "
        "or start a new conversation with `/new`."
    )
    reason = Text("request too large")


class BadRequest(ProviderError):
    message = Text("{provider} rejected the request. Rephrase it, send fewer images, or switch models with `/model`.")
    reason = Text("request rejected")


class UnsupportedParameter(BadRequest):
    """`parameter` is its name in the request, `replacement` the name that the provider wants instead, if any."""

    def __init__(self, detail: str, parameter: str, replacement: str | None = None) -> None:
        super().__init__(detail)
        self.parameter = parameter
        self.replacement = replacement


class Overloaded(ProviderError):
    message = Text(
        "{provider} is overloaded or broken right now. Try again in a moment, or switch providers with `/provider`."
    )
    reason = Text("overloaded")
    retryable = True


class Unreachable(ProviderError):
    message = Text(
        "{provider} cannot be reached right now. Try again in a moment, or switch providers with `/provider`."
    )
    reason = Text("unreachable")
    retryable = True


class TimedOut(ProviderError):
    message = Text("{provider} took too long to respond. Try again, or switch providers with `/provider`.")
    reason = Text("timed out")
    retryable = True


class CircuitOpen(ProviderError):
    message = Text(
        "{provider} failed several times in a row, so I'm not asking it for now. "
        "Try again in a few minutes, or switch providers with `/provider`."
    )
    reason = Text("failed several times in a row")


class InvalidResponse(ProviderError):
    message = Text("{provider} sent an invalid response. Try again, or switch providers with `/provider`.")
    reason = Text("invalid response")
    retryable = True


class CutOff(ProviderError):
    message = Text("The connection to {provider} broke before the answer was complete. Ask again to get the rest.")
    reason = Text("connection lost")
    retryable = True


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """Return the text without these secrets and without anything like an API key, an auth header or image data."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) < MIN_SECRET_LENGTH:
            break
        text = text.replace(secret, "[redacted]")
    return _SECRET.sub("[redacted]", text)
