"""The table of providers and models, as data: what ships with Parley, and what an operator adds or overrides."""

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, TypeAdapter, ValidationError, field_validator

from bot.chat.attachments import IMAGE_TYPES
from bot.chat.messages import Usage

DEFAULT_CONTEXT = 32_000
"""Tokens of context for a model of which nothing is known: what even small local models hold today."""

PARAMETERS = ("temperature", "top_p", "max_tokens")
"""The parameters that can be set."""

Parameter = Literal["temperature", "top_p", "max_tokens"]
Dispensable = Literal["model", "stream", "stream_options", Parameter]
"""The fields of a request that a server may do without."""

RequestField = Literal["messages", Dispensable]
"""All the fields of a request."""


class _Paragraph(BaseModel):
    """Data that says exactly what the fields say: an unknown one is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Price(_Paragraph):
    """US dollars for a million tokens."""

    prompt: float = Field(ge=0, allow_inf_nan=False)
    completion: float = Field(ge=0, allow_inf_nan=False)

    def cost(self, usage: Usage) -> float | None:
        """Dollars for these tokens; None where the provider did not count them.

        Some count thinking in the total alone, and are paid for it as for the answer.
        """
        asked, counted, total = usage.prompt_tokens, usage.completion_tokens, usage.total_tokens
        answered = [count for count in (counted, None if total is None else total - (asked or 0)) if count is not None]
        if asked is None or not answered:
            return None
        return (asked * self.prompt + max(0, *answered) * self.completion) / 1_000_000


class Model(_Paragraph):
    """A known model. `context` is in tokens; `drop` and `exclusive` are what it refuses beyond its provider."""

    id: str
    context: int | None = None
    vision: bool | None = None
    price: Price | None = None
    drop: tuple[Dispensable, ...] = ()
    exclusive: tuple[Parameter, ...] = ()


class Images(_Paragraph):
    """What a provider takes as images; `count` 0 is none at all. Sizes are in bytes, `in_all` is of one request.

    `urls` is how it takes them: in the address itself, which is how they are sent, or from a server that it asks.
    """

    urls: tuple[Literal["data", "https"], ...] = ("data",)
    types: tuple[str, ...] = IMAGE_TYPES
    each: int = 20 * 2**20
    in_all: int = 40 * 2**20
    count: int = 10
    detail: bool = True


class ModelList(_Paragraph):
    """Where a provider lists its models, and the dotted path of each fact in an item of the list.

    `path` is joined to the base URL as a link is. `detail` is asked for each model where the list itself tells nothing
    but ids; what it says is read as part of the item. In a path, `*` stands for any characters of a name. `strip` is
    cut off the start of ids. A listed price times `price_factor` is in dollars for a million tokens. `only` keeps items
    whose fact is or contains one of these values, and those that do not tell; `skip` leaves out ids by a regular
    expression, since most lists do not say which of their models chat. `headers`, with {key} in place of the key, are
    tried alone, then beside the provider's `auth`.
    """

    path: str = "models"
    detail: str = ""
    items: str = "data"
    id: str = "id"
    strip: str = ""
    context: str = ""
    vision: str = ""
    prompt_price: str = ""
    completion_price: str = ""
    price_factor: float = 1_000_000
    only: dict[str, tuple[str, ...]] = {}
    skip: str = (
        "embed|whisper|speech|tts|transcri|realtime|audio|moderation|rerank|dall-e|image-|imagen|sora|veo-|lyria|ocr"
        r"|-guard|davinci|babbage|turbo-instruct|\*"
    )
    headers: dict[str, str] = {}

    @field_validator("skip")
    @classmethod
    def _expression(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from None
        return value

    @property
    def plain(self) -> "ModelList":
        """The list that servers have who do not know the richer one."""
        return ModelList(strip=self.strip, skip=self.skip)


class Provider(_Paragraph):
    """A provider's paragraph of the catalogue; `catalogue.toml` says what the fields mean."""

    title: str
    base_url: HttpUrl
    former_base_urls: tuple[HttpUrl, ...] = ()
    endpoint: str = "/chat/completions"
    query: dict[str, str] = {}
    key: str | None = None
    auth: dict[str, str] = {"Authorization": "Bearer {key}"}
    headers: dict[str, str] = {}
    default_model: str | None = None
    models: tuple[Model, ...] = ()
    model_list: ModelList = ModelList()
    max_tokens: str = "max_tokens"
    rename: dict[RequestField, str] = {}
    drop: tuple[Dispensable, ...] = ()
    temperature: tuple[float, float] = (0, 2)
    system_role: Literal["system", "developer"] = "system"
    roles: Literal["strict", "free"] = "strict"
    stream: bool = True
    stream_options: bool = True
    reasoning: Literal["reasoning_content", "reasoning", "parts", "tags", "none"] = "none"
    images: Images = Images()
    retired: date | None = None
    note: str = ""
    start: str = ""

    def model(self, model_id: str) -> Model:
        """What is known of a model of that id."""
        return next((model for model in self.models if model.id == model_id), Model(id=model_id))


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Catalogue = Mapping[str, Provider]
"""Providers by name, in the order they are offered."""

_CATALOGUE = TypeAdapter(dict[Name, Provider])


class WrongCatalogue(Exception):
    """A catalogue file cannot be used; `faults` has a line for each: file, provider, field, why."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


def load_catalogue(extra: Path | None = None) -> Catalogue:
    """The catalogue that ships with Parley, with the paragraphs of an operator's file laid over it.

    In that file a known provider needs only the fields that differ; tables in it are laid over field by field, too.
    Raises WrongCatalogue.
    """
    paragraphs = tomllib.loads(files("bot.providers").joinpath("catalogue.toml").read_text(encoding="utf-8"))
    if extra:
        for name, paragraph in _read(extra).items():
            paragraphs[name] = _laid_over(paragraphs.get(name), paragraph)
    try:
        return _CATALOGUE.validate_python(paragraphs)
    except ValidationError as error:
        name = str(extra or "catalogue.toml")
        raise WrongCatalogue([_fault(name, problem["loc"], problem["msg"]) for problem in error.errors()]) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongCatalogue([f"{path}: cannot be read: {error.strerror}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongCatalogue([f"{path}: is not TOML: {error}"]) from None


def _laid_over(below: Any, above: Any) -> Any:
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return below | {name: _laid_over(below.get(name), value) for name, value in above.items()}


def _fault(file: str, location: tuple[int | str, ...], why: str) -> str:
    provider, *field = (str(step) for step in location if step != "[key]")
    return f"{file}: {provider}: {'.'.join(field) or 'its paragraph'}: {why}"
