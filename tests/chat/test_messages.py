"""Messages and prompts as values."""

from bot.chat.messages import Message, Role, words_of
from bot.chat.parts import ImagePart, Origin, Part, QuotePart, TextPart
from bot.chat.places import Person, Place, PlaceKind, Scope, ScopeKind
from bot.chat.prompts import Attachment, Prompt

ANA, BEN = Person(41, "Ana"), Person(42, "Ben")
GENERAL = Place(PlaceKind.CHANNEL, channel_id=7, guild_id=3)
NEWS = QuotePart("Ben", "Two lines\nof news", Origin(42, 90))


async def unread() -> bytes:
    raise AssertionError("nothing here reads a file")


def prompt(*parts: Part, place: Place = GENERAL, author: Person = ANA) -> Prompt:
    return Prompt(id=100, place=place, author=author, parts=parts)


def test_the_scopes_of_a_place_are_nearest_first() -> None:
    assert GENERAL.scopes == (Scope(ScopeKind.CHANNEL, 7), Scope(ScopeKind.GUILD, 3))
    thread = Place(PlaceKind.THREAD, channel_id=9, guild_id=3, parent_id=7, category_id=5)
    kinds = (ScopeKind.THREAD, ScopeKind.CHANNEL, ScopeKind.CATEGORY, ScopeKind.GUILD)
    assert thread.scopes == tuple(map(Scope, kinds, (9, 7, 5, 3)))
    assert Place(PlaceKind.DM, channel_id=5).scopes == (Scope(ScopeKind.CHANNEL, 5),)


def test_in_a_channel_each_person_has_a_line_of_turns() -> None:
    assert prompt(TextPart("a")).line == prompt(TextPart("b")).line
    assert prompt().line != prompt(author=BEN).line
    assert prompt().line != prompt(place=Place(PlaceKind.CHANNEL, 8, 3)).line


def test_in_a_thread_or_dm_everyone_shares_a_line_of_turns() -> None:
    for place in (Place(PlaceKind.THREAD, 9, 3, 7), Place(PlaceKind.DM, 5)):
        assert prompt(place=place).line == prompt(place=place, author=BEN).line


def test_a_quote_stands_above_the_question() -> None:
    assert words_of([NEWS, TextPart("True?")]) == "Ben wrote:\n> Two lines\n> of news\n\nTrue?"
    assert words_of([NEWS]) == "Ben wrote:\n> Two lines\n> of news"


def test_without_quotes_of_a_message_its_text_and_its_files_are_gone() -> None:
    mine, quoted = Attachment("mine.png", 1, unread), Attachment("quoted.png", 1, unread, NEWS.origin)
    forwarded = QuotePart("Eve", "Old news", Origin(43, 80))
    question = TextPart("True?", Origin(41, 90))
    asked = Prompt(90, GENERAL, ANA, (NEWS, forwarded, question), (mine, quoted))
    assert asked.without_quotes_of(90) == ((forwarded, question), (mine,))
    assert asked.without_quotes_of(1) == (asked.parts, asked.attachments)


def test_a_message_is_its_text_and_its_images() -> None:
    image = ImagePart("a.png", "image/png", b"1")
    message = Message(Role.USER, (TextPart("one"), image, TextPart("two")))
    assert message.text == words_of(message.parts) == "one\n\ntwo"
    assert message.images == (image,)
    assert Message.of(Role.USER, "", (image,)).parts == (image,)
    assert Message.of(Role.ASSISTANT, "").parts == ()
