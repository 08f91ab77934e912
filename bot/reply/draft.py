"""What a reply says at the moment, as pages: the model's words, and around them ours.

Pages of the text only grow at the end. Below the last one stand our note, the controls and what is attached; while
there are no words yet, a status stands in their place. A text that is longer than the allowed pages ends with a page
that says so, and comes whole as a file.
"""

import re
import unicodedata

from bot.chat.looks import Look, ReasoningDisplay
from bot.markdown.pages import LIMIT, split
from bot.markdown.typesetter import Typesetter
from bot.reply.controls import NONE, Act, Controls
from bot.reply.surface import File, Page
from bot.text import Text

EMBED_LIMIT = 4_096
"""Characters of an embed's description."""

PREVIEW = 300
"""Characters of the reasoning that are shown behind a spoiler."""

SMALL = "-# "
"""Discord's mark for small text."""

MORE_AS_FILE = Text("The answer is longer than this; it will come whole, as a file.")
WHOLE_AS_FILE = "The whole answer, {length:,} characters long, is in the file."


class Draft:
    """`text` and `reasoning` are the model's own, whole; `note` is ours, its lines in small text below an answer.

    `controls` are offered once the reply has ended; until then it can be stopped.
    """

    def __init__(self, look: Look) -> None:
        self.text = ""
        self.reasoning = ""
        self.note = ""
        self.status: Text | None = None
        self.controls = NONE
        self.files_refused = False
        self.apply_look(look)

    def apply_look(self, look: Look) -> None:
        """Lay everything out like this from now on."""
        self.look = look
        self._limit = EMBED_LIMIT if look.embed else LIMIT
        self._typesetter = Typesetter(self._limit)

    @property
    def has_words(self) -> bool:
        """Whether the model has sent anything visible."""
        return any(map(_is_visible, self.text))

    @property
    def is_blank(self) -> bool:
        """Whether the text, as it is now, would show nothing at all."""
        return not self._final()

    def growing(self) -> list[Page]:
        """The pages while more is to come."""
        texts = self._typesetter.preview(self.text) if self.has_words else []
        if not texts:
            texts = [self._status(self.status)] if self.status else []
        elif self._is_too_long(texts):
            texts = [*texts[: self.look.most_pages], f"{SMALL}{MORE_AS_FILE}"]
        return self._pages(texts, Controls((Act.STOP,)), ())

    def complete(self) -> list[Page]:
        """The pages of the whole reply."""
        texts, files, note = self._final(), list[File](), self.note
        if texts and self._is_too_long(texts):
            whole = Text(WHOLE_AS_FILE, length=len(self.text))
            texts = [*texts[: self.look.most_pages], f"{SMALL}{whole}"]
            files.append(File("answer.md", self.text))
        if self.reasoning.strip() and self.look.reasoning is ReasoningDisplay.FILE and not self.files_refused:
            files.append(File("reasoning.md", self.reasoning))
        if self.reasoning.strip() and self.look.reasoning is ReasoningDisplay.PREVIEW:
            note = f"{note}\n{SMALL}💭 {_spoiler(self.reasoning[: PREVIEW * 2], from_start=True)}".lstrip()
        return self._pages(self._with_note(texts, note), self.controls, tuple(files))

    def _final(self) -> list[str]:
        """The pages of the whole text; as the model wrote it, should nothing be left of it in Discord's Markdown."""
        if not self.has_words:
            return []
        return self._typesetter.final(self.text) or split(self.text, self._limit)

    def _is_too_long(self, texts: list[str]) -> bool:
        return len(texts) > self.look.most_pages and not self.files_refused

    def _pages(self, texts: list[str], controls: Controls, files: tuple[File, ...]) -> list[Page]:
        pages = [Page(text, embed=self.look.embed) for text in texts]
        return [*pages[:-1], Page(texts[-1], controls, files, self.look.embed)] if pages else []

    def _status(self, status: Text) -> str:
        if self.reasoning.strip() and self.look.reasoning is ReasoningDisplay.PREVIEW:
            return f"{SMALL}{status}\n{SMALL}{_spoiler(self.reasoning[-PREVIEW * 2 :], from_start=False)}"
        return f"{SMALL}{status}"

    def _with_note(self, texts: list[str], note: str) -> list[str]:
        """The texts with the note; one that does not fit below the last gets a page of its own."""
        if not texts:
            return split(note, self._limit)
        if not note:
            return texts
        small = "\n".join(SMALL + line.removeprefix(SMALL) for line in note.split("\n"))
        if len(texts[-1]) + 1 + len(small) <= self._limit:
            return [*texts[:-1], f"{texts[-1]}\n{small}"]
        return texts + split(small, self._limit)


def _is_visible(character: str) -> bool:
    """Whether people see the character; models do send texts of nothing but zero-width ones."""
    return not character.isspace() and unicodedata.category(character) not in {"Cc", "Cf"}


def _spoiler(reasoning: str, *, from_start: bool) -> str:
    """A piece of reasoning on one line behind a spoiler, its Markdown escaped."""
    words = " ".join(reasoning.split())
    cut = words[:PREVIEW] if from_start else words[-PREVIEW:]
    shown = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", cut)
    return f"||{shown}{'…' if from_start and len(words) > PREVIEW else ''}||"
