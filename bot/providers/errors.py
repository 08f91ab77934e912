"""What can go wrong with a provider, each with a sentence for the person: what happened, and who can do what.

ProviderError
|- KeyRejected            the operator's key is not accepted
|- NoCredit               the account has no credit or no payment method
|- RateLimited            too many requests or tokens for now               (again)
|- ContextTooLong         the conversation does not fit into the model's window
|- ModelNotFound          the provider does not know the model
|- WrongAddress           nothing of this form answers under the base URL
|- Retired                the provider or the model was shut down
|- Refused                the provider will not answer this content
|- TooLarge               the request has more bytes than the provider takes
|- BadRequest             the provider refuses the request as it was sent
|  `- RefusedParameter    because of one parameter, which can be left out
|- Overloaded             the provider is in trouble itself                  (again)
|- Unreachable            no connection                                      (again)
|- Silent                 nothing came for longer than we wait               (again)
|- Resting                it failed so often that we do not ask for a while
|- BrokenAnswer           what came back makes no sense                      (again)
`- CutOff                 the stream ended before the answer did             (again)

"Again" marks what another try may mend. `detail` is for the log: the provider's own words, with secrets struck out.
"""

import re
from collections.abc import Iterable

LONGEST_DETAIL = 300
"""Characters of a provider's words that are worth a log line."""

SHORTEST_SECRET = 6
"""Characters; anything shorter, as the placeholder key of a local server, is no secret but a word."""

_SECRET = re.compile(
    r"(?:authorization|x-api-key)[\"']?\s*[:=]\s*[\"']?(?:\w+\s+)?[^\s\"',}]{6,}|"
    r"\b(?:sk-|gsk_|xai-|ghp_|csk-)[\w-]{6,}|\bAIza[\w-]{20,}|\bBearer\s+[\w.~+/-]{6,}=*|data:[\w/+.-]+;base64,[\w+/=-]*",
    re.IGNORECASE,
)


class ProviderError(Exception):
    """The root. `advice` is a sentence for the person, `again` whether another try may help.

    `wait` is how many seconds the provider asks to wait before one, where it does.
    """

    advice = "{provider} could not answer. Try again, or switch with `/provider`."
    why = "it could not answer"
    again = False

    def __init__(self, detail: str = "", wait: float | None = None) -> None:
        self.detail = redacted(detail)[:LONGEST_DETAIL]
        self.wait = wait
        super().__init__(self.detail)

    def sentence(self, provider: str, model: str) -> str:
        """The advice about this provider and model."""
        return self.advice.format(provider=provider, model=model)

    def __str__(self) -> str:
        return self.detail

    def explain(self, words: str) -> None:
        """Put what we know ourselves before the provider's words."""
        self.detail = f"{words}: {self.detail}"[:LONGEST_DETAIL]
        self.args = (self.detail,)

    def redact(self, secrets: Iterable[str]) -> None:
        """Strike out what a provider repeated of our own secrets."""
        self.detail = redacted(self.detail, secrets)
        self.args = (self.detail,)


class KeyRejected(ProviderError):
    advice = "{provider} does not accept this bot's key. The operator has to check it; `/provider` switches to another."
    why = "its key is not accepted"


class NoCredit(ProviderError):
    advice = "This bot's account at {provider} has no credit left. The operator has to top it up; `/provider` switches."
    why = "no credit left"


class RateLimited(ProviderError):
    advice = "{provider} takes no more requests for the moment. Try again in a minute, or switch with `/provider`."
    why = "rate limited"
    again = True


class ContextTooLong(ProviderError):
    advice = "This conversation is too long for {model}. Start a fresh one with `/new`, or switch with `/model`."
    why = "the conversation is too long for it"


class ModelNotFound(ProviderError):
    advice = "{provider} does not know the model {model}. Choose another with `/model`."
    why = "it does not know the model"


class WrongAddress(ProviderError):
    advice = "{provider} does not answer under the address that is set. The operator has to check its base URL."
    why = "wrong address"


class Retired(ProviderError):
    advice = "{provider} has shut down {model}, or its whole service. Choose another with `/model` or `/provider`."
    why = "shut down"


class Refused(ProviderError):
    advice = "{provider} will not answer that, by its rules on content. Try other words, or switch with `/model`."
    why = "it refused the content"


class TooLarge(ProviderError):
    advice = "That is more than {provider} takes at once. Send fewer or smaller images, or start afresh with `/new`."
    why = "the request is too large for it"


class BadRequest(ProviderError):
    advice = "{provider} refused the request. Try other words or fewer images, or switch with `/model`."
    why = "it refused the request"


class RefusedParameter(BadRequest):
    """`parameter` is its name in the request; `instead` another name that the provider asks for."""

    def __init__(self, detail: str, parameter: str, instead: str | None = None) -> None:
        super().__init__(detail)
        self.parameter = parameter
        self.instead = instead


class Overloaded(ProviderError):
    advice = "{provider} is overloaded or broken right now. Try again in a moment, or switch with `/provider`."
    why = "overloaded"
    again = True


class Unreachable(ProviderError):
    advice = "{provider} cannot be reached right now. Try again in a moment, or switch with `/provider`."
    why = "unreachable"
    again = True


class Silent(ProviderError):
    advice = "{provider} sent nothing for so long that I stopped waiting. Try again, or switch with `/provider`."
    why = "it went silent"
    again = True


class Resting(ProviderError):
    advice = "{provider} failed several times in a row, so I leave it alone for a moment. `/provider` switches."
    why = "it failed several times in a row"


class BrokenAnswer(ProviderError):
    advice = "{provider} sent something that is not an answer. Try again, or switch with `/provider`."
    why = "what it sent was no answer"
    again = True


class CutOff(ProviderError):
    advice = "The connection to {provider} broke before the answer was complete. Ask again to have the rest."
    why = "the connection broke"
    again = True


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without these secrets, and without what looks like a key, an authorization header or an image."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) < SHORTEST_SECRET:
            break
        text = text.replace(secret, "[redacted]")
    return _SECRET.sub("[redacted]", text)
