"""Generates one completion: asks the endpoints in order and yields events."""

import logging
import re
import time
from collections.abc import AsyncGenerator
from itertools import zip_longest

from bot.chat.events import Ended, Event, Metadata, Status, TextDelta
from bot.preferences.declaration import Preferences
from bot.providers.asking import Asker, Waiting
from bot.providers.errors import ProviderError
from bot.providers.offer import Endpoint, NotOffered, Offer
from bot.text import Text
from bot.turn.request import RequestBuilder

log = logging.getLogger(__name__)

LONGEST_COMPLETION = 1_000_000
"""Characters, with the reasoning and the text that is continued.

A model may repeat itself forever, and Discord accepts files up to 10 MiB.
"""

LONG_WAIT = 3.0
"""Seconds; longer waits are shown to the person."""


class Generation:
    """One completion, by the chosen model or the first of its fallbacks that answers. Made for one turn."""

    def __init__(self, offer: Offer, asker: Asker, preferences: Preferences) -> None:
        self._asker = asker
        self._began: float | None = None
        self._took: float | None = None
        self._error: str | None = None
        self._sentence: Text | None = None
        self._fallbacks: tuple[Text, ...] = ()
        self.model = preferences.model or offer.default_model
        """The `provider/model` that is being asked, or was asked last."""
        self._metadata = Metadata()
        self._first_text_after: float | None = None
        self._begun = ""
        self._length = 0
        self._waiting = False
        self.endpoints: list[Endpoint] = []
        """The endpoint of the chosen model and those of its fallbacks; empty if that model is not available."""
        try:
            self.endpoints.append(offer.endpoint(self.model))
        except NotOffered as error:
            self._error, self._sentence = str(error), error.text
            return
        for name in preferences.fallback or ():
            try:
                self.endpoints.append(offer.endpoint(name))
            except NotOffered as error:
                log.warning("The fallback %s is skipped: %s", name, error)

    async def events(self, requests: RequestBuilder, begun: str = "") -> AsyncGenerator[Event, None]:
        """Yield deltas and statuses as they arrive, then how it ended, including any ProviderError.

        `begun` is the text that the completion continues.
        """
        self._began = time.monotonic()
        self._begun = begun
        for endpoint, following in zip_longest(self.endpoints, self.endpoints[1:]):
            self._reset(endpoint)
            deltas = self._asker.stream(endpoint, await requests.build(endpoint))
            try:
                async for delta in deltas:
                    if isinstance(delta, Waiting):
                        yield self._wait(endpoint, delta.seconds)
                        continue
                    if self._waiting:
                        self._waiting = False
                        yield Status()
                    if isinstance(delta, Metadata):
                        known = self._metadata
                        self._metadata = Metadata(
                            delta.finish_reason or known.finish_reason,
                            delta.usage or known.usage,
                            delta.model or known.model,
                        )
                        continue
                    if self._first_text_after is None and isinstance(delta, TextDelta):
                        delta = self._first_text(delta)
                    self._length += len(delta.text)
                    yield delta
                    if self._length >= LONGEST_COMPLETION:
                        self._cut_off()
                        break
                break
            except ProviderError as error:
                if self._first_text_after is not None or following is None:
                    self._fail(endpoint, error)
                    break
                log.warning("%s failed, %s is next: %s", endpoint.full_name, following.full_name, error)
                self._fallbacks += (
                    Text("{provider}: {reason}", provider=endpoint.provider.title, reason=error.reason),
                )
                yield Status()
            finally:
                await deltas.aclose()
        yield self.ended

    @property
    def ended(self) -> Ended:
        """How it ended, or its state when the reader stopped."""
        if self._took is None:
            self._took = 0.0 if self._began is None else time.monotonic() - self._began
        return Ended(
            model=self.model,
            answered_by=self._metadata.model,
            finish_reason=self._metadata.finish_reason,
            usage=self._metadata.usage,
            first_text_after=self._first_text_after,
            took=self._took,
            error=self._error,
            sentence=self._sentence,
            fallbacks=self._fallbacks,
        )

    @property
    def answering(self) -> Endpoint | None:
        """The endpoint that sent the text; None if there is no text."""
        if self._first_text_after is None:
            return None
        return next(endpoint for endpoint in self.endpoints if endpoint.full_name == self.model)

    def _reset(self, endpoint: Endpoint) -> None:
        """Discard the results of earlier requests, before this endpoint is asked."""
        self.model = endpoint.full_name
        self._metadata = Metadata()
        self._first_text_after = None
        self._length = len(self._begun)
        self._waiting = False

    def _wait(self, endpoint: Endpoint, seconds: float) -> Status:
        self._reset(endpoint)
        self._waiting = seconds > LONG_WAIT
        if not self._waiting:
            return Status()
        return Status(
            Text("Waiting for {provider}, {seconds:.0f} s", provider=endpoint.provider.title, seconds=seconds)
        )

    def _first_text(self, delta: TextDelta) -> TextDelta:
        assert self._began is not None
        self._first_text_after = time.monotonic() - self._began
        return TextDelta(joint(self._begun, delta.text) + delta.text)

    def _cut_off(self) -> None:
        self._error = f"cut at {LONGEST_COMPLETION:,} characters"
        self._sentence = Text(
            "I cut `{model}` off at {limit:,} characters.", model=self.model, limit=LONGEST_COMPLETION
        )

    def _fail(self, endpoint: Endpoint, error: ProviderError) -> None:
        log.warning("%s failed: %s: %s", endpoint.full_name, type(error).__name__, error.detail)
        self._error = f"{type(error).__name__}: {error.detail}"
        self._sentence = error.sentence(endpoint.provider.title, f"`{endpoint.full_name}`")


def joint(text: str, more: str) -> str:
    """What belongs between a text and its continuation: models leave out the space before a new sentence."""
    ended = re.search(r"[.!?…:;,][\"'”’)\]]?\Z", text) and text.count("```") % 2 == 0
    return " " if ended and re.match(r"\w", more) else ""
