"""The current content of a reply, laid out as pages: the model's text, and what we add to it.

The pages of the text only grow at the end. The last page also has our note, the controls and the attached files. Until
there is text, a status is shown instead. If the text needs more pages than allowed, the last page says so, and the
whole text is attached as a file.
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
"""Discord's limit for the description of an embed, in characters."""

PREVIEW = 300
"""Characters of the reasoning that are shown as a spoiler."""

SMALL = "-# "
"""Discord's Markdown for small text."""

MORE_AS_FILE = Text("The answer is too long to show here. I'll attach all of it as a file.")
WHOLE_AS_FILE = "The whole answer ({length:,} characters) is in the file."


class Draft:
    """What a reply should show. `text` and `reasoning` are the model's; `note` is ours, in small text below the answer.

    `controls` are offered once the reply has ended. Until then it can be stopped.
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
        """Use this look from now on."""
        self.look = look
        self._limit = EMBED_LIMIT if look.embed else LIMIT
        self._typesetter = Typesetter(self._limit)

    @property
    def has_words(self) -> bool:
        """Whether the model has sent anything visible."""
        return any(map(_is_visible, self.text))

    @property
    def is_blank(self) -> bool:
        """Whether the text, as it is now, would be shown as nothing."""
        return not self._final()

    def growing(self) -> list[Page]:
        """The pages while the reply is still growing."""
        texts = self._typesetter.preview(self.text) if self.has_words else []
        if not texts:
            texts = [self._status(self.status)] if self.status else []
        elif self._is_too_long(texts):
            texts = [*texts[: self.look.most_pages], f"{SMALL}{MORE_AS_FILE}"]
        return self._pages(texts, Controls((Act.STOP,)), ())

    def complete(self) -> list[Page]:
        """The pages of the complete reply."""
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
        """The pages of the complete text; if formatting leaves nothing of it, the text as the model wrote it."""
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
        """The texts with the note below the last one, or on a separate page if it does not fit."""
        if not texts:
            return split(note, self._limit)
        if not note:
            return texts
        small = "\n".join(SMALL + line.removeprefix(SMALL) for line in note.split("\n"))
        if len(texts[-1]) + 1 + len(small) <= self._limit:
            return [*texts[:-1], f"{texts[-1]}\n{small}"]
        return texts + split(small, self._limit)


def _is_visible(character: str) -> bool:
    """Whether a character is visible; some models send texts that consist only of zero-width characters."""
    return not character.isspace() and unicodedata.category(character) not in {"Cc", "Cf"}


def _spoiler(reasoning: str, *, from_start: bool) -> str:
    """An excerpt of the reasoning on one line, as a spoiler, with its Markdown escaped."""
    words = " ".join(reasoning.split())
    cut = words[:PREVIEW] if from_start else words[-PREVIEW:]
    shown = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", cut)
    return f"||{shown}{'…' if from_start and len(words) > PREVIEW else ''}||"
