"""Messages and prompts as values."""

from bot.chat.messages import Image, Message, Role, Text
from bot.chat.places import Person, Place, PlaceKind, Scope, ScopeKind
from bot.chat.prompts import Attachment, Prompt, Quote

ANA = Person(41, "Ana")
GENERAL = Place(PlaceKind.CHANNEL, channel_id=7, guild_id=3)


def prompt(text: str, place: Place = GENERAL, author: Person = ANA, quote: Quote | None = None) -> Prompt:
    return Prompt(id=100, place=place, author=author, text=text, quote=quote)


def test_the_scopes_of_a_place_are_nearest_first() -> None:
    assert GENERAL.scopes == (Scope(ScopeKind.CHANNEL, 7), Scope(ScopeKind.GUILD, 3))
    thread = Place(PlaceKind.THREAD, channel_id=9, guild_id=3, parent_id=7, category_id=5)
    kinds = (ScopeKind.THREAD, ScopeKind.CHANNEL, ScopeKind.CATEGORY, ScopeKind.GUILD)
    assert thread.scopes == tuple(map(Scope, kinds, (9, 7, 5, 3)))
    assert Place(PlaceKind.DM, channel_id=5).scopes == (Scope(ScopeKind.CHANNEL, 5),)


def test_in_a_channel_everyone_has_their_own_conversation() -> None:
    ben = Person(42, "Ben")
    assert prompt("a").line == prompt("b").line
    assert prompt("a").line != prompt("a", author=ben).line
    assert prompt("a").line != prompt("a", Place(PlaceKind.CHANNEL, 8, 3)).line


def test_in_a_thread_and_in_a_dm_everyone_shares_one_conversation() -> None:
    ben = Person(42, "Ben")
    for place in (Place(PlaceKind.THREAD, 9, 3, 7), Place(PlaceKind.DM, 5)):
        assert prompt("a", place).line == prompt("b", place, ben).line


def test_a_prompt_without_a_quote_is_its_text() -> None:
    assert prompt("How far is it?").content == "How far is it?"


def test_a_quoted_message_stands_above_the_question() -> None:
    quote = Quote(90, "Ben", "Two lines\nof news")
    assert prompt("True?", quote=quote).content == "Ben wrote:\n> Two lines\n> of news\n\nTrue?"


def test_a_quote_alone_is_a_prompt_too() -> None:
    assert prompt("", quote=Quote(90, "Ben", "News")).content == "Ben wrote:\n> News"


def test_a_quoted_message_without_words_adds_only_its_files() -> None:
    async def read() -> bytes:
        return b""

    mine, theirs = Attachment("mine.png", 1, read), Attachment("theirs.png", 1, read)
    asked = Prompt(1, GENERAL, ANA, "What is this?", (mine,), quote=Quote(90, "Ben", "", (theirs,)))
    assert asked.content == "What is this?"
    assert asked.files == (mine, theirs)


def test_a_message_is_its_text_and_its_images() -> None:
    image = Image("a.png", "image/png", b"1")
    message = Message(Role.USER, (Text("one"), image, Text("two")))
    assert message.text == "one\n\ntwo"
    assert message.images == (image,)
    assert Message.of(Role.USER, "", (image,)).parts == (image,)
    assert Message.of(Role.ASSISTANT, "").parts == ()
