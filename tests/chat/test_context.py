"""Which messages are sent to the model: properties and examples."""

from hypothesis import given
from hypothesis import strategies as st

from bot.chat.attachments import ImageRules
from bot.chat.context import TOKENS_PER_IMAGE, build_context, tokens
from bot.chat.messages import Message, Role
from bot.chat.parts import ImagePart, OmittedPart, Origin, TextPart

PLENTY = 1_000_000
RULES = ImageRules()
BLIND = ImageRules(types=())
ORIGIN = Origin(41, 1_000)


def user(text: str, *images: ImagePart) -> Message:
    return Message.of(Role.USER, text, images)


def model(text: str) -> Message:
    return Message.of(Role.ASSISTANT, text)


def picture(name: str, size: int = 8) -> ImagePart:
    return ImagePart(name, "image/png", b"\x89PNG" + bytes(size - 4), ORIGIN)


images = st.builds(picture, st.sampled_from(["cat.png", "dog.png"]), st.integers(4, 64))
words = st.integers(0, 400).map(lambda count: "word " * count)
said = st.builds(
    lambda role, text, shown: Message.of(role, text, tuple(shown) if role is Role.USER else ()),
    st.sampled_from([Role.USER, Role.ASSISTANT]),
    words,
    st.lists(images, max_size=3),
)
prompts = st.builds(lambda text, shown: user(text, *shown), st.text("ab", min_size=1), st.lists(images, max_size=3))
paths = st.builds(lambda path, prompt: [*path, prompt], st.lists(said, max_size=8), prompts)
rules = st.sampled_from([RULES, BLIND, ImageRules(count=2), ImageRules(each=20), ImageRules(in_all=50)])
budgets = st.integers(0, 8 * TOKENS_PER_IMAGE)


def test_a_conversation_that_fits_is_sent_unchanged() -> None:
    path = [user("Hello"), model("Good day."), user("What is this?", picture("a.png"))]
    context = build_context("Be brief.", path, PLENTY, RULES)
    assert context.messages == (Message.of(Role.SYSTEM, "Be brief."), *path)
    assert context.dropped == 0


def test_without_a_system_prompt_there_is_no_system_message() -> None:
    assert build_context(None, [user("Hello")], PLENTY, RULES).messages == (user("Hello"),)
    assert build_context("", [user("Hello")], PLENTY, RULES).messages == (user("Hello"),)


def test_the_oldest_messages_are_dropped_first_and_the_rest_begins_with_a_person() -> None:
    path = [user("one"), model("x" * 400), user("two"), model("y"), user("three")]
    budget = sum(map(tokens, path)) - 1
    context = build_context(None, path, budget, RULES)
    assert context.messages == (user("two"), model("y"), user("three"))
    assert context.dropped == 2


def test_the_system_prompt_and_the_prompt_are_kept_however_small_the_budget() -> None:
    context = build_context("Be brief.", [user("old"), model("older"), user("now " * 900)], 1, RULES)
    assert [message.role for message in context.messages] == [Role.SYSTEM, Role.USER]
    assert context.messages[1] == user("now " * 900)


def test_empty_messages_are_left_out() -> None:
    path = [user("Are you there?"), model(""), user("Hello?"), user("Anybody?")]
    context = build_context(None, path, PLENTY, RULES)
    assert [message.text for message in context.messages] == ["Are you there?", "Hello?", "Anybody?"]
    assert context.dropped == 0


def test_a_model_without_vision_gets_the_names_of_images() -> None:
    context = build_context(None, [user("See", picture("a.png")), model("No."), user("And?")], PLENTY, BLIND)
    assert context.messages[0].parts == (TextPart("See"), OmittedPart("a.png", ORIGIN))


def test_only_the_newest_of_too_many_images_are_sent() -> None:
    path = [user("1", picture("one.png")), user("2", picture("two.png")), user("3", picture("three.png"))]
    shown = build_context(None, path, PLENTY, ImageRules(count=2)).messages
    assert [image.name for message in shown for image in message.images] == ["two.png", "three.png"]


def test_old_images_are_omitted_before_old_messages() -> None:
    path = [user("1", picture("one.png")), model("a"), user("2", picture("two.png")), model("b"), user("3")]
    context = build_context(None, path, TOKENS_PER_IMAGE + 100, RULES)
    assert context.dropped == 0
    assert [image.name for message in context.messages for image in message.images] == ["two.png"]


def test_text_takes_room_from_old_images() -> None:
    path = [user("1", picture("one.png")), model("word " * 400), user("2")]
    words = sum(tokens(message) for message in path) - TOKENS_PER_IMAGE
    assert build_context(None, path, words + TOKENS_PER_IMAGE, RULES).messages[0].images
    assert not build_context(None, path, words + TOKENS_PER_IMAGE - 1, RULES).messages[0].images


def test_images_of_the_prompt_are_sent_however_small_the_budget() -> None:
    path = [user("1", picture("one.png")), model("a"), user("2", picture("two.png"))]
    shown = build_context(None, path, 1, RULES).messages
    assert [image.name for message in shown for image in message.images] == ["two.png"]


def test_an_image_that_is_too_large_or_of_another_type_is_omitted() -> None:
    strange = ImagePart("b.webp", "image/webp", b"RIFF")
    path = [user("Look", picture("a.png", 30), strange)]
    context = build_context(None, path, PLENTY, ImageRules(types=("image/png",), each=20))
    assert context.messages[0].images == ()


def test_all_images_together_stay_within_the_size_of_a_request() -> None:
    path = [user("1", picture("one.png", 30)), user("2", picture("two.png", 30))]
    context = build_context(None, path, PLENTY, ImageRules(in_all=40))
    assert [image.name for message in context.messages for image in message.images] == ["two.png"]


@given(paths, budgets, rules)
def test_a_context_begins_with_system_prompt_and_a_person_and_ends_with_the_prompt(
    path: list[Message], budget: int, rules: ImageRules
) -> None:
    messages = build_context("System.", path, budget, rules).messages
    assert messages[0].role is Role.SYSTEM
    assert messages[1].role is Role.USER
    assert path[-1].parts[0] in messages[-1].parts


@given(paths, budgets, rules)
def test_the_end_of_the_conversation_is_kept(path: list[Message], budget: int, rules: ImageRules) -> None:
    context = build_context(None, path, budget, rules)
    said = [message for message in path if message.parts]
    kept = [part for message in said[context.dropped :] for part in message.parts]
    shown = [part for message in context.messages for part in message.parts]
    assert len(shown) == len(kept)
    for part, original in zip(shown, kept, strict=True):
        assert part == original or isinstance(original, ImagePart)
        assert not isinstance(part, ImagePart) or rules.accepts(part)


@given(paths, budgets, rules)
def test_images_stay_within_the_rules(path: list[Message], budget: int, rules: ImageRules) -> None:
    shown = [image for message in build_context(None, path, budget, rules).messages for image in message.images]
    assert len(shown) <= rules.count
    assert sum(len(image.data) for image in shown) <= rules.in_all


@given(paths, budgets, rules)
def test_a_context_of_more_than_the_prompt_stays_within_the_budget(
    path: list[Message], budget: int, rules: ImageRules
) -> None:
    context = build_context("System.", path, budget, rules)
    said = [message for message in path if message.parts]
    assert context.dropped >= len(said) - 1 or sum(map(tokens, context.messages)) <= budget


def test_a_request_to_continue_always_includes_the_prompt_and_the_begun_answer() -> None:
    earlier = Message.of(Role.USER, "before")
    prompt = Message.of(Role.USER, "p" * 18_000, (ImagePart("a.png", "image/png", b"a"),))
    closing = [prompt, Message.of(Role.ASSISTANT, "a" * 8_000), Message.of(Role.USER, "Go on.")]
    context = build_context(None, [earlier, *closing], 6_000, ImageRules(), last=3)
    assert context.messages == tuple(closing)
    assert (context.used, context.dropped) == (3, 1)
