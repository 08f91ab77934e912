"""The providers and models that this operator offers, and the endpoint that a name refers to."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, HttpUrl, SecretStr
from yarl import URL

from bot.chat.attachments import ImageRules
from bot.providers.catalogue import DEFAULT_CONTEXT, Catalogue, Model, Price, Provider
from bot.providers.secrecy import literal_secrets
from bot.text import Refused, Text


class Access(BaseModel):
    """The API key and the base URL that the operator set for a provider."""

    model_config = ConfigDict(frozen=True)

    key: SecretStr | None = None
    base_url: HttpUrl | None = None


class NotOffered(Refused):
    """The requested provider or model is not available on this bot."""


@dataclass(frozen=True, slots=True)
class Server:
    """A provider as the operator configured it. `base_url` has no trailing slash."""

    name: str
    provider: Provider
    base_url: str
    key: SecretStr | None

    @property
    def secrets(self) -> list[str]:
        """Everything that must not be shown: the key, and secrets in the catalogue entry or the base URL."""
        key = [self.key.get_secret_value()] if self.key else []
        return [*key, *literal_secrets(self.provider, [self.base_url])]

    @property
    def moved_to(self) -> str | None:
        """The provider's current base URL, if this one is a former one; else None."""
        former = [str(url).rstrip("/") for url in self.provider.former_base_urls]
        return str(self.provider.base_url).rstrip("/") if self.base_url in former else None

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every request, with the key if there is one."""
        return self.with_key(self.provider.auth) | self.provider.headers

    def with_key(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers with the key in place of {key}; without a key, only those that need none."""
        key = self.key.get_secret_value() if self.key else ""
        return {name: value.replace("{key}", key) for name, value in headers.items() if key or "{key}" not in value}


@dataclass(frozen=True, slots=True)
class Endpoint(Server):
    """A model at a provider: everything that a request needs."""

    model: Model

    @property
    def full_name(self) -> str:
        return f"{self.name}/{self.model.id}"

    @property
    def url(self) -> URL:
        """The URL of chat completions."""
        return URL(self.base_url + self.provider.endpoint).extend_query(self.provider.query)

    @property
    def context(self) -> int:
        """The context window in tokens."""
        return self.model.context or DEFAULT_CONTEXT

    @property
    def price(self) -> Price | None:
        """The price of the model, None if neither the catalogue nor the provider's list has one."""
        return self.model.price

    @property
    def price_source(self) -> Literal["catalogue", "provider"] | None:
        """Where the price comes from: the catalogue, an operator's file included, or the provider's own list."""
        if self.price is None:
            return None
        return "provider" if self.provider.model(self.model.id).price is None else "catalogue"

    @property
    def image_rules(self) -> ImageRules:
        images = self.provider.images
        none = images.count == 0 or self.model.vision is False or "data" not in images.urls
        return ImageRules(() if none else images.types, images.each, images.in_all, images.count)


class Offer:
    """The providers that the operator has set a key for, and those that need none.

    `listed` are the models that the providers list themselves; it may change at any time.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        access: Mapping[str, Access],
        default_model: str | None = None,
        listed: Mapping[str, Iterable[Model]] | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._access = {name: access.get(name, Access()) for name in catalogue}
        self._default_model = default_model
        self._listed = {} if listed is None else listed

    @property
    def providers(self) -> Catalogue:
        """The available providers: first those with a key, then those that run on the operator's own machine."""
        offered = {name: provider for name, provider in self._catalogue.items() if not self._unavailable_reason(name)}
        return dict(sorted(offered.items(), key=lambda item: item[1].key is None))

    @property
    def unavailable(self) -> Catalogue:
        """The providers that were retired or whose key is not set."""
        return {name: provider for name, provider in self._catalogue.items() if self._unavailable_reason(name)}

    @property
    def default_model(self) -> str:
        """The operator's default `provider/model`, else that of the first provider that has a default model.

        Raises NotOffered if there is none.
        """
        if self._default_model:
            return self._default_model
        for name in self.providers:
            if model_id := self.default_of(name):
                return f"{name}/{model_id}"
        raise NotOffered(
            Text("No provider is set up. The bot's operator needs to set the API key of a provider, or DEFAULT_MODEL.")
        )

    def server(self, name: str) -> Server:
        """Return the provider of that name. Raises NotOffered if it is unknown, retired or has no key."""
        if reason := self._unavailable_reason(name):
            raise NotOffered(reason)
        provider, access = self._catalogue[name], self._access[name]
        return Server(name, provider, _base_url(provider, access), access.key)

    def endpoint(self, full_name: str) -> Endpoint:
        """Return the endpoint for a `provider/model`; a provider's name alone means its default model.

        Raises NotOffered if the provider is not available, or has no default model and none is named.
        """
        name, _, model_id = full_name.partition("/")
        server = self.server(name)
        model_id = model_id or self.default_of(name) or ""
        if not model_id:
            raise NotOffered(
                Text(
                    "{provider} has no default model. Name one as `{name}/model`.",
                    provider=server.provider.title,
                    name=name,
                )
            )
        model = self.models(name).get(model_id, Model(id=model_id))
        return Endpoint(name, server.provider, server.base_url, server.key, model)

    def default_of(self, name: str) -> str | None:
        """Return the id of the provider's default model, None if it has none."""
        provider, listed = self._catalogue[name], [model.id for model in self._listed.get(name, ())]
        default = provider.default_model
        if provider.key and default:
            return default
        # a server on the operator's own machine has only the models that were installed there
        installed = default and any(model_id in (default, f"{default}:latest") for model_id in listed)
        return default if installed or not listed else listed[0]

    def models(self, name: str) -> dict[str, Model]:
        """Return the provider's models by id: the catalogue's, completed from the list, then the other listed ones."""
        models = {model.id: model for model in self._catalogue[name].models}
        for listed in self._listed.get(name, ()):
            models[listed.id] = _completed(models[listed.id], listed) if listed.id in models else listed
        return models

    def model_ids(self, name: str) -> list[str]:
        """Return the models to choose from; of a server on the operator's own machine only those that it lists."""
        provider, listed = self._catalogue[name], [model.id for model in self._listed.get(name, ())]
        if listed and not provider.key:
            return listed
        return list(dict.fromkeys([*(model.id for model in provider.models), *listed]))

    def resolve(self, typed: str, current: str) -> Endpoint:
        """Return the endpoint that a person means by `provider/model` or by a model of the current provider.

        Model ids may contain slashes too, so a model of the current provider takes precedence. Raises NotOffered.
        """
        typed = typed.strip().strip("`")
        name, slash, _ = typed.partition("/")
        if slash and name in self._catalogue and not self._is_model_of(current, typed):
            return self.endpoint(typed)
        return self.endpoint(f"{current}/{typed}")

    def _is_model_of(self, current: str, typed: str) -> bool:
        """Whether `typed` is a model of the current provider although it begins with the name of another provider.

        Providers that resell models name them `vendor/model`. If that vendor is not available itself, nothing else can
        be meant.
        """
        if self._unavailable_reason(current):
            return False
        models = self.models(current)
        if typed in models:
            return True
        vendor = typed.partition("/")[0]
        vendors = {model_id.partition("/")[0] for model_id in models if "/" in model_id}
        possible = vendor in vendors or not self._listed.get(current)
        return bool(vendors) and possible and self._unavailable_reason(vendor) is not None

    def complete(self, typed: str, preferred: str = "") -> list[str]:
        """Return the known `provider/model` names that contain every typed word, the best matches first.

        Names that begin with `typed` come first, then those that contain words beginning with the typed ones. Among
        equals, the models of the provider `preferred` come first.
        """
        prefix = typed.casefold().strip()
        words = [word for word in re.split(r"[\s/]+", prefix) if word]
        word_starts = [re.compile(rf"(?<![a-z0-9]){re.escape(word)}") for word in words]
        found: list[tuple[int, bool, str]] = []
        for name, provider in self.providers.items():
            title = provider.title.casefold()
            for model_id in self.model_ids(name):
                full_name = f"{name}/{model_id}"
                text = f"{full_name} {title}".casefold()
                if all(word in text for word in words):
                    begins = text.startswith(prefix) or text.startswith(prefix, len(name) + 1)
                    rank = 0 if begins else 1 if all(start.search(text) for start in word_starts) else 2
                    found.append((rank, name != preferred, full_name))
        return [full_name for _, _, full_name in sorted(found, key=lambda each: each[:2])]

    def _unavailable_reason(self, name: str) -> Text | None:
        """Return why the provider of that name is not available, None if it is."""
        provider = self._catalogue.get(name)
        if provider is None:
            names = ", ".join(f"`{offered}`" for offered in self.providers) or Text("none yet")
            return Text("There is no provider called `{name}`. Available: {names}.", name=name, names=names)
        access = self._access[name]
        if provider.retired and not access.base_url:
            return Text(
                "{provider} was shut down on {date}. The bot's operator can set {variable} to a replacement server.",
                provider=provider.title,
                date=provider.retired,
                variable=f"{name.upper()}_BASE_URL",
            )
        if provider.key and not access.key:
            return Text(
                "{provider} is not set up. The bot's operator needs to set {variable}.",
                provider=provider.title,
                variable=provider.key,
            )
        return None


def _base_url(provider: Provider, access: Access) -> str:
    """Return the base URL that the operator meant: people leave out its path, or append the endpoint to it."""
    default = str(provider.base_url).rstrip("/")
    if access.base_url is None:
        return default
    base_url = str(access.base_url).rstrip("/").removesuffix(provider.endpoint)
    return base_url if URL(base_url).path != "/" else base_url + URL(default).path.rstrip("/")


def _completed(known: Model, listed: Model) -> Model:
    """Return the catalogue's model with the facts that only the provider's list has."""
    facts = {field: getattr(listed, field) for field in ("context", "vision", "price")}
    missing = {field: value for field, value in facts.items() if getattr(known, field) is None}
    return known.model_copy(update=missing)
