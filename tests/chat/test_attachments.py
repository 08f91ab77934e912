"""Which attached files are read as images, and which are fetched for that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.attachments import (
    IMAGE_TYPES,
    AttachmentUnreadable,
    ImageRules,
    media_type,
    megabytes,
    read_images,
    read_once,
)
from bot.chat.prompts import Attachment
from bot.text import Text

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"
JPEG = b"\xff\xd8\xff\xe0" + b"pixels"
GIF = b"GIF89a" + b"pixels"
WEBP = b"RIFF\x10\x00\x00\x00WEBPVP8 "


class Attachments:
    """Attached files that record whether they were fetched."""

    def __init__(self) -> None:
        self.fetched: list[str] = []

    def file(self, name: str, data: bytes, size: int | None = None) -> Attachment:
        async def read() -> bytes:
            self.fetched.append(name)
            return data

        return Attachment(name, len(data) if size is None else size, read)

    def unreadable(self, name: str) -> Attachment:
        async def read() -> bytes:
            raise AttachmentUnreadable(Text("Discord did not send the file"))

        return Attachment(name, 1, read)


@pytest.fixture
def attachments() -> Attachments:
    return Attachments()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (GIF, "image/gif"),
        (b"GIF87a", "image/gif"),
        (WEBP, "image/webp"),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"BM\x00\x00", None),
        (b"\x89PNG", None),
        (b"", None),
    ],
)
def test_the_bytes_determine_the_media_type(data: bytes, kind: str | None) -> None:
    assert media_type(data) == kind


@given(st.binary(max_size=32))
def test_any_bytes_have_a_known_media_type_or_none(data: bytes) -> None:
    assert media_type(data) in (*IMAGE_TYPES, None)


async def test_images_keep_their_order_and_get_the_type_of_their_bytes(attachments: Attachments) -> None:
    images, left_out = await read_images(
        [attachments.file("a.txt", PNG), attachments.file("b.png", JPEG)], ImageRules()
    )
    assert [(image.name, image.media_type, image.data) for image in images] == [
        ("a.txt", "image/png", PNG),
        ("b.png", "image/jpeg", JPEG),
    ]
    assert left_out == ()


async def test_nothing_is_fetched_for_a_model_without_vision(attachments: Attachments) -> None:
    images, left_out = await read_images([attachments.file("a.png", PNG)], ImageRules(types=()))
    assert images == ()
    assert attachments.fetched == []
    assert list(map(str, left_out)) == ["a.png: this model can't see images"]


async def test_a_file_that_is_too_large_is_not_fetched(attachments: Attachments) -> None:
    large = attachments.file("a.png", PNG, size=52 * 2**20)
    images, left_out = await read_images([large, attachments.file("b.png", PNG)], ImageRules(each=20 * 2**20))
    assert [image.name for image in images] == ["b.png"]
    assert attachments.fetched == ["b.png"]
    assert list(map(str, left_out)) == ["a.png: it's 52 MB, but this model accepts at most 20 MB"]


async def test_files_beyond_the_allowed_count_are_not_fetched(attachments: Attachments) -> None:
    files = [attachments.file(f"{number}.png", PNG) for number in range(4)]
    images, left_out = await read_images(files, ImageRules(count=3))
    assert attachments.fetched == ["0.png", "1.png", "2.png"] == [image.name for image in images]
    assert list(map(str, left_out)) == ["3.png: this model accepts at most 3 images at once"]


async def test_a_file_that_is_not_an_image_does_not_count_as_one(attachments: Attachments) -> None:
    files = [attachments.file("notes.txt", b"milk, bread"), attachments.file("a.png", PNG)]
    images, left_out = await read_images(files, ImageRules(count=1))
    assert [image.name for image in images] == ["a.png"]
    assert list(map(str, left_out)) == ["notes.txt: I can only look at PNG, JPEG, GIF and WebP images"]


async def test_images_beyond_the_size_of_one_request_are_not_fetched(attachments: Attachments) -> None:
    files = [attachments.file(f"{number}.png", PNG) for number in range(3)]
    images, left_out = await read_images(files, ImageRules(in_all=2 * len(PNG)))
    assert len(images) == 2
    assert attachments.fetched == ["0.png", "1.png"]
    assert [each.values["file"] for each in left_out] == ["2.png"]


async def test_an_image_of_a_type_that_the_model_does_not_accept_is_left_out(attachments: Attachments) -> None:
    images, left_out = await read_images([attachments.file("a.gif", GIF)], ImageRules(types=("image/png",)))
    assert images == ()
    assert list(map(str, left_out)) == ["a.gif: this model doesn't accept GIF images"]


async def test_a_file_that_cannot_be_fetched_is_named_and_the_others_are_read(attachments: Attachments) -> None:
    images, left_out = await read_images(
        [attachments.unreadable("a.png"), attachments.file("b.gif", GIF)], ImageRules()
    )
    assert [image.name for image in images] == ["b.gif"]
    assert list(map(str, left_out)) == ["a.png: Discord did not send the file"]


async def test_a_file_is_fetched_only_once(attachments: Attachments) -> None:
    files = read_once([attachments.file("a.png", PNG), attachments.file("b.png", JPEG)])
    assert attachments.fetched == []
    for _ in range(2):
        images, _ = await read_images(files, ImageRules())
        assert [image.data for image in images] == [PNG, JPEG]
    assert attachments.fetched == ["a.png", "b.png"]


async def test_an_image_of_exactly_the_largest_size_is_accepted(attachments: Attachments) -> None:
    limit = len(PNG)
    for rules in (ImageRules(each=limit), ImageRules(in_all=limit)):
        assert rules.accepts((await read_images([attachments.file("a.png", PNG)], rules))[0][0])


@pytest.mark.parametrize(("size", "words"), [(1_572_864, "1.5 MB"), (10 * 2**20, "10 MB"), (54_525_952, "52 MB")])
def test_sizes_are_human_readable(size: int, words: str) -> None:
    assert megabytes(size) == words
