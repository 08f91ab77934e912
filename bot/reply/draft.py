"""What a reply says by now, as pages: the model's words, and around them ours.

Pages of the text only grow at the end. Below the last one stand our note, the controls and what is attached; while
there are no words yet, a status stands in their place. A text that is longer than the pages one may have ends with a
page that says so, and comes whole as a file.
"""

import re
import unicodedata

from bot.chat.looks import Look, ReasoningDisplay
from bot.markdown.pages import LIMIT, split
from bot.markdown.typesetter import Typesetter
from bot.reply.controls import NONE, Act, Controls
from bot.reply.surface import File, Page

EMBED_LIMIT = 4_096
"""Characters of an embed's description."""

PREVIEW = 300
"""Characters of the reasoning that are shown folded away."""

SMALL = "-# "
"""Discord's mark for small text."""


class Draft:
    """`text` and `thought` are the model's own, whole; `note` is ours, its lines in small text below an answer.

    `controls` are offered once the reply has ended; until then it can be stopped.
    """

    def __init__(self, look: Look | None = None) -> None:
        self.look = look or Look()
        self.text = ""
        self.thought = ""
        self.note = ""
        self.status = ""
        self.controls = NONE
        self.files_refused = False
        self._typesetter = Typesetter(EMBED_LIMIT if self.look.embed else LIMIT)

    def dress(self, look: Look) -> None:
        """Have it look like this from now on."""
        self.look = look
        self._typesetter = Typesetter(EMBED_LIMIT if look.embed else LIMIT)

    @property
    def wordless(self) -> bool:
        """Whether the model has said nothing yet that could be seen."""
        return not any(map(_can_be_seen, self.text))

    @property
    def blank(self) -> bool:
        """Whether the text, as it is by now, would show nothing at all."""
        return not self._final()

    def growing(self) -> list[Page]:
        """The pages while more is to come."""
        texts = [] if self.wordless else self._typesetter.preview(self.text)
        if not texts:
            texts = [self._status()] if self.status else []
        elif self._overflows(texts):
            texts = [*texts[: self.look.most_pages], f"{SMALL}The answer goes on; it will come whole, as a file."]
        return self._pages(texts, Controls((Act.STOP,)), ())

    def complete(self) -> list[Page]:
        """The pages of the whole reply."""
        texts, files, note = self._final(), list[File](), self.note
        if texts and self._overflows(texts):
            whole = f"{SMALL}The whole answer, {len(self.text):,} characters long, is in the file."
            texts = [*texts[: self.look.most_pages], whole]
            files.append(File("answer.md", self.text))
        if self.thought.strip() and self.look.reasoning is ReasoningDisplay.FILE and not self.files_refused:
            files.append(File("reasoning.md", self.thought))
        if self.thought.strip() and self.look.reasoning is ReasoningDisplay.PREVIEW:
            note = f"{note}\n{SMALL}💭 {_folded(self.thought[: PREVIEW * 2], from_start=True)}".lstrip()
        return self._pages(self._with_note(texts, note), self.controls, tuple(files))

    def _final(self) -> list[str]:
        """The whole text's pages; as it was written, should nothing be left of it in Discord's Markdown."""
        return [] if self.wordless else self._typesetter.final(self.text) or split(self.text, self._limit)

    @property
    def _limit(self) -> int:
        return EMBED_LIMIT if self.look.embed else LIMIT

    def _overflows(self, texts: list[str]) -> bool:
        return len(texts) > self.look.most_pages and not self.files_refused

    def _pages(self, texts: list[str], controls: Controls, files: tuple[File, ...]) -> list[Page]:
        pages = [Page(text, embed=self.look.embed) for text in texts]
        return [*pages[:-1], Page(texts[-1], controls, files, self.look.embed)] if pages else []

    def _status(self) -> str:
        if self.thought.strip() and self.look.reasoning is ReasoningDisplay.PREVIEW:
            return f"{SMALL}{self.status}\n{SMALL}{_folded(self.thought[-PREVIEW * 2 :], from_start=False)}"
        return f"{SMALL}{self.status}"

    def _with_note(self, texts: list[str], note: str) -> list[str]:
        """A note that no longer fits below the text gets a page of its own."""
        if not texts:
            return split(note, self._limit)
        if not note:
            return texts
        small = "\n".join(SMALL + line.removeprefix(SMALL) for line in note.split("\n"))
        if len(texts[-1]) + 1 + len(small) <= self._limit:
            return [*texts[:-1], f"{texts[-1]}\n{small}"]
        return texts + split(small, self._limit)


def _can_be_seen(character: str) -> bool:
    """Whether a character takes ink; models do send texts of nothing but zero-width ones."""
    return not character.isspace() and unicodedata.category(character) not in {"Cc", "Cf"}


def _folded(thought: str, *, from_start: bool) -> str:
    """A piece of reasoning on one line behind a spoiler, with nothing in it that Discord would read as Markdown."""
    words = " ".join(thought.split())
    cut = words[:PREVIEW] if from_start else words[-PREVIEW:]
    shown = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", cut)
    return f"||{shown}{'…' if from_start and len(words) > PREVIEW else ''}||"
