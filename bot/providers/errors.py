"""What can go wrong with a provider, each with a sentence for the person: what happened, and who can do what.

ProviderError
|- KeyRejected        the operator's key is not accepted
|- NoCredit           the account has no credit or no payment method
|- RateLimited        too many requests or tokens for now
|- ContextTooLong     the conversation does not fit into the model's window
|- ModelNotFound      the provider does not know the model, or the address
|- Retired            the provider or the model was shut down
|- BadRequest         the provider refuses the request as it was sent
|- Overloaded         the provider is in trouble itself
|- Unreachable        no connection, or silence
|- BrokenAnswer       what came back makes no sense
`- CutOff             the stream ended before the answer did

`detail` is for the log: the provider's own words, with keys struck out.
"""

import re

LONGEST_DETAIL = 300
"""Characters of a provider's words that are worth a log line."""

_SECRET = re.compile(r"\b(?:sk|gsk|xai|AIza|ghp|csk)[-_][\w-]{6,}|(?i:bearer)\s+\S+|data:[\w/+.-]+;base64,\S+")


class ProviderError(Exception):
    """The root. `advice` is a sentence for the person, with the provider's title in place of `{provider}`."""

    advice = "{provider} could not answer. Try again, or switch with `/provider`."

    def __init__(self, detail: str = "") -> None:
        self.detail = redacted(detail)[:LONGEST_DETAIL]
        super().__init__(self.detail)

    def sentence(self, title: str, model: str) -> str:
        """The advice about this provider and model."""
        return self.advice.format(provider=title, model=model)


class KeyRejected(ProviderError):
    advice = "{provider} does not accept this bot's key. The operator has to check it; `/provider` switches to another."


class NoCredit(ProviderError):
    advice = "This bot's account at {provider} has no credit left. The operator has to top it up; `/provider` switches."


class RateLimited(ProviderError):
    advice = "{provider} takes no more requests for the moment. Try again in a minute, or switch with `/provider`."


class ContextTooLong(ProviderError):
    advice = "This conversation is too long for {model}. Start a fresh one with `/new`, or switch with `/model`."


class ModelNotFound(ProviderError):
    advice = "{provider} does not know the model {model}. Choose another with `/model`."


class Retired(ProviderError):
    advice = "{provider} has shut down {model}, or its whole service. Choose another with `/model` or `/provider`."


class BadRequest(ProviderError):
    advice = "{provider} refused the request. Try other words or fewer images, or switch with `/model`."


class Overloaded(ProviderError):
    advice = "{provider} is overloaded or broken right now. Try again in a moment, or switch with `/provider`."


class Unreachable(ProviderError):
    advice = "{provider} cannot be reached right now. Try again in a moment, or switch with `/provider`."


class BrokenAnswer(ProviderError):
    advice = "{provider} sent something that is not an answer. Try again, or switch with `/provider`."


class CutOff(ProviderError):
    advice = "The connection to {provider} broke before the answer was complete. Ask again to have the rest."


def redacted(text: str) -> str:
    """The text without keys, authorization headers and image data."""
    return _SECRET.sub("[redacted]", text)
