"""The body of a create or edit message request, validated against Discord's limits."""

from dataclasses import dataclass, field

from bot.simulator.components import check_components, with_defaults
from bot.simulator.errors import ApiError, ErrorCode, Form, Json
from bot.simulator.objects import MessageFlag

CONTENT_LIMIT = 2000
FILE_LIMIT = 10 * 1024 * 1024
EMBED_TEXTS = {"title": 256, "description": 4096}


@dataclass(frozen=True, slots=True)
class Upload:
    filename: str
    content: bytes
    content_type: str | None = None


@dataclass(slots=True)
class Draft:
    """A validated message body. None: the request does not set the field, so an edit keeps it."""

    content: str | None = None
    embeds: list[Json] | None = None
    components: list[Json] | None = None
    flags: int | None = None
    attachments: list[Json] | None = None
    allowed_mentions: Json | None = None
    reference: Json | None = None
    nonce: str | int | None = None
    enforce_nonce: bool = False
    tts: bool = False
    uploads: dict[int, Upload] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        forwards = (self.reference or {}).get("type") == 1
        return not (self.content or self.embeds or self.components or self.uploads or forwards)


def read_draft(body: Json, uploads: dict[int, Upload]) -> Draft:
    form = Form()
    _check_text(form, body)
    _check_embeds(form, body.get("embeds") or [])
    flags = body.get("flags") or 0
    if body.get("components"):
        check_components(form, body["components"], "components", layout=bool(flags & MessageFlag.COMPONENTS_V2))
    if flags & MessageFlag.COMPONENTS_V2 and (body.get("content") or body.get("embeds")):
        form.wrong("flags", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", "Legacy fields cannot be used")
    form.length("attachments", body.get("attachments") or [], 10)
    _check_mentions(form, body.get("allowed_mentions") or {})
    form.check()
    if any(len(upload.content) > FILE_LIMIT for upload in uploads.values()):
        raise ApiError(ErrorCode.TOO_LARGE)
    return _draft(body, uploads)


def _draft(body: Json, uploads: dict[int, Upload]) -> Draft:
    embeds = body["embeds"] or [] if "embeds" in body else None
    return Draft(
        content=(body["content"] or "").strip() if "content" in body else None,
        embeds=None if embeds is None else [_embed(embed) for embed in embeds],
        components=with_defaults(body["components"] or []) if "components" in body else None,
        flags=body.get("flags"),
        attachments=body.get("attachments"),
        allowed_mentions=body.get("allowed_mentions"),
        reference=body.get("message_reference"),
        nonce=body.get("nonce"),
        enforce_nonce=bool(body.get("enforce_nonce")),
        tts=bool(body.get("tts")),
        uploads=uploads,
    )


def _check_text(form: Form, body: Json) -> None:
    if body.get("content") is not None:
        form.length("content", body["content"], CONTENT_LIMIT)
    if isinstance(body.get("nonce"), str):
        form.length("nonce", body["nonce"], 25)


def _check_mentions(form: Form, allowed: Json) -> None:
    for kind in ("users", "roles"):
        if kind in (allowed.get("parse") or []) and allowed.get(kind):
            words = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            form.wrong("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", words)
        form.length(f"allowed_mentions.{kind}", allowed.get(kind) or [], 100)


def _check_embeds(form: Form, embeds: list[Json]) -> None:
    form.length("embeds", embeds, 10)
    for index, embed in enumerate(embeds):
        _check_embed(form, embed, f"embeds.{index}")
    if sum(_embed_size(embed) for embed in embeds) > 6000:
        form.wrong("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")


def _check_embed(form: Form, embed: Json, path: str) -> None:
    for key, most in EMBED_TEXTS.items():
        if embed.get(key) is not None:
            form.length(f"{path}.{key}", embed[key], most)
    for key, part, most in (("footer", "text", 2048), ("author", "name", 256)):
        if embed.get(key):
            form.length(f"{path}.{key}.{part}", embed[key].get(part), most, 1)
    fields = embed.get("fields") or []
    form.length(f"{path}.fields", fields, 25)
    for index, entry in enumerate(fields):
        form.length(f"{path}.fields.{index}.name", entry.get("name"), 256, 1)
        form.length(f"{path}.fields.{index}.value", entry.get("value"), 1024, 1)


def _embed_size(embed: Json) -> int:
    texts = [embed.get("title"), embed.get("description")]
    texts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    for entry in embed.get("fields") or []:
        texts += [entry.get("name"), entry.get("value")]
    return sum(len(words) for words in texts if isinstance(words, str))


def _embed(embed: Json) -> Json:
    shown = {key: value for key, value in embed.items() if value is not None and key != "type"}
    if "fields" in shown:
        shown["fields"] = [{"inline": False} | entry for entry in shown["fields"]]
    return shown | {"type": "rich"}
