"""A prompt as it is put to a model: its images, and as much of the conversation as the model can hold."""

from dataclasses import replace

from bot.chat.attachments import IMAGE_TYPES, ImageRules, read_images, read_once
from bot.chat.context import CHARACTERS_PER_TOKEN, Context, build_context
from bot.chat.messages import Image, Message, Role
from bot.chat.prompts import Attachment, Position, Prompt
from bot.preferences.declaration import Preferences
from bot.providers.offer import Endpoint
from bot.providers.pictures import recoded
from bot.providers.request import ChatRequest
from bot.store.conversations import Conversations
from bot.store.versions import ShownVersion

ANSWER_SHARE = 4
"""One part in this many of a model's window is left for its answer."""

BEGINNING_SHARE = 2
"""One part in this many of the rest is all that the end of an answer to be gone on with may take."""

GO_ON = "Go on exactly where your answer broke off. Repeat nothing of it, and say nothing about going on."
"""What a model is asked for the rest of an answer; few providers take a message to be completed."""


class Question:
    """What is asked in one turn, of whichever endpoint. `skipped` has a phrase for every file that is not shown."""

    def __init__(self, prompt: Prompt, preferences: Preferences, conversations: Conversations) -> None:
        self.prompt = prompt
        self.position = Position()
        self.images: tuple[Image, ...] = ()
        self.skipped: list[str] = []
        self.context = Context(())
        self._preferences = preferences
        self._conversations = conversations
        self._files: tuple[Attachment, ...] = ()
        self._begun = ""

    async def ask(self) -> None:
        """Ask it for the first time: find where in the tree it goes on."""
        quote = self.prompt.quote
        self.position = await self._conversations.locate(self.prompt)
        if quote and await self._conversations.knows(quote.id):
            self.prompt = replace(self.prompt, quote=None)  # the conversation itself says it
        self._files = read_once(self.prompt.files)

    def ask_again(self, answered: ShownVersion) -> None:
        """Ask what was asked before; its files are only read where no image of it was kept."""
        self.position, self.images = answered.position, answered.question.images
        self._files = () if self.images else read_once(self.prompt.files)

    def ask_for_more(self, answered: ShownVersion) -> None:
        """Ask for the rest of an answer."""
        self.position, self.images = answered.position, answered.question.images
        self._begun = answered.completion.text

    async def look(self, rules: ImageRules) -> None:
        """Read the images that a model takes, and remember which files it is not shown."""
        # another type can be made of it
        readable = replace(rules, types=IMAGE_TYPES) if rules.types else rules
        images, self.skipped = await read_images(self._files, readable)
        self.images = self.images or images

    async def request(self, endpoint: Endpoint) -> ChatRequest:
        """The request for this endpoint: its window, its images."""
        chosen, rules = self._preferences, endpoint.image_rules
        await self.look(rules)
        path = await self._conversations.path(self.position.parent_id, most_images=rules.count if rules.types else 0)
        path.append(Message.of(Role.USER, self.prompt.content, self.images))
        path = await recoded(path, rules.types)
        unsuited = [image for image in path[-1].images if rules.types and image.media_type not in rules.types]
        self.skipped += [f"{image.name}: it could not be made into a PNG" for image in unsuited]
        window = endpoint.context
        budget = window - min(chosen.max_tokens or window, window // ANSWER_SHARE)
        more = self._for_more(budget)
        self.context = build_context(chosen.system_prompt, path + more, budget, rules, last=1 + len(more))
        return ChatRequest(
            self.context.messages, chosen.temperature, chosen.top_p, chosen.max_tokens, chosen.image_detail
        )

    def _for_more(self, budget: int) -> list[Message]:
        """What comes after the prompt where an answer is gone on with: the end of what there is, and the order."""
        if not self._begun:
            return []
        end = self._begun[-budget * CHARACTERS_PER_TOKEN // BEGINNING_SHARE :]
        return [Message.of(Role.ASSISTANT, end), Message.of(Role.USER, GO_ON)]
