"""What of the catalogue this operator offers, and the endpoint that a name means."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, HttpUrl, SecretStr
from yarl import URL

from bot.chat.attachments import ImageRules
from bot.providers.catalogue import DEFAULT_CONTEXT, Catalogue, Model, Price, Provider
from bot.providers.secrecy import written_secrets


class Access(BaseModel):
    """What the operator gave for a provider."""

    model_config = ConfigDict(frozen=True)

    key: SecretStr | None = None
    base_url: HttpUrl | None = None


class NotOffered(Exception):
    """The provider or model that was asked for cannot be had here; the message is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Server:
    """A provider as this operator reaches it; `base_url` has no slash at its end."""

    name: str
    provider: Provider
    base_url: str
    key: SecretStr | None

    @property
    def secrets(self) -> list[str]:
        """What must not be seen of it: its key, and what stands in its paragraph or its address."""
        key = [self.key.get_secret_value()] if self.key else []
        return [*key, *written_secrets(self.provider, [self.base_url])]

    @property
    def moved_to(self) -> str | None:
        """The provider's base URL of today, where this server is one of its former ones."""
        former = [str(url).rstrip("/") for url in self.provider.former_base_urls]
        return str(self.provider.base_url).rstrip("/") if self.base_url in former else None

    @property
    def headers(self) -> dict[str, str]:
        """The headers that go along with every request; the key is among them only where there is one."""
        return self.with_key(self.provider.auth) | self.provider.headers

    def with_key(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers with the key in place of {key}; without a key, those that want none."""
        key = self.key.get_secret_value() if self.key else ""
        return {name: value.replace("{key}", key) for name, value in headers.items() if key or "{key}" not in value}


@dataclass(frozen=True, slots=True)
class Endpoint(Server):
    """Everything that is needed to ask one model."""

    model: Model

    @property
    def full_name(self) -> str:
        return f"{self.name}/{self.model.id}"

    @property
    def url(self) -> URL:
        """Where completions are asked for."""
        return URL(self.base_url + self.provider.endpoint).extend_query(self.provider.query)

    @property
    def context(self) -> int:
        """The model's window in tokens."""
        return self.model.context or DEFAULT_CONTEXT

    @property
    def price(self) -> Price | None:
        """What the model costs, where the catalogue or the provider's list tells."""
        return self.model.price

    @property
    def image_rules(self) -> ImageRules:
        images = self.provider.images
        blind = images.count == 0 or self.model.vision is False or "data" not in images.urls
        return ImageRules(() if blind else images.types, images.each, images.in_all, images.count)


class Offer:
    """The providers that this operator has a key for, or that need none.

    `listed` is what the providers themselves say of their models; it may change while it is used.
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
        """What is offered: first the providers with a key, then those that run on the operator's own machine."""
        offered = {name: provider for name, provider in self._catalogue.items() if not self._lack(name)}
        return dict(sorted(offered.items(), key=lambda item: item[1].key is None))

    @property
    def absent(self) -> Catalogue:
        """What is not offered: providers that were retired, or that want a key."""
        return {name: provider for name, provider in self._catalogue.items() if self._lack(name)}

    @property
    def default_model(self) -> str:
        """`provider/model` of the operator's choice, else of the first provider that has a default model.

        Raises NotOffered where nothing is offered at all.
        """
        if self._default_model:
            return self._default_model
        for name in self.providers:
            if model_id := self.default_of(name):
                return f"{name}/{model_id}"
        raise NotOffered("No provider is set up. The operator can set a provider's key, or DEFAULT_MODEL.")

    def server(self, name: str) -> Server:
        """The provider of that name. Raises NotOffered for one that is unknown, retired or lacks its key."""
        if lack := self._lack(name):
            raise NotOffered(lack)
        provider, access = self._catalogue[name], self._access[name]
        return Server(name, provider, _base_url(provider, access), access.key)

    def endpoint(self, full_name: str) -> Endpoint:
        """The endpoint of a `provider/model`; a provider's name alone means its default model.

        Raises NotOffered for a provider that is unknown or lacks its key, and for a missing model.
        """
        name, _, model_id = full_name.partition("/")
        server = self.server(name)
        model_id = model_id or self.default_of(name)
        if not model_id:
            raise NotOffered(f"{server.provider.title} has no default model; name one as `{name}/model`.")
        model = self.models(name).get(model_id, Model(id=model_id))
        return Endpoint(name, server.provider, server.base_url, server.key, model)

    def default_of(self, name: str) -> str:
        """The id of the provider's default model; empty where it has none.

        A server on the operator's own machine has what was put there, so the first of that stands in for a default
        that is not there.
        """
        provider, listed = self._catalogue[name], [model.id for model in self._listed.get(name, ())]
        default = provider.default_model or ""
        if provider.key and default:
            return default
        there = any(model_id in (default, f"{default}:latest") for model_id in listed)
        return default if there or not listed else listed[0]

    def models(self, name: str) -> dict[str, Model]:
        """The models of a provider by id: those of the catalogue, what the provider says of them, then its others."""
        known = {model.id: model for model in self._catalogue[name].models}
        for listed in self._listed.get(name, ()):
            known[listed.id] = _joined(known[listed.id], listed) if listed.id in known else listed
        return known

    def model_ids(self, name: str) -> list[str]:
        """The models to choose from: of a server on the operator's own machine those that are there, if it tells."""
        provider, listed = self._catalogue[name], [model.id for model in self._listed.get(name, ())]
        if listed and not provider.key:
            return listed
        return list(dict.fromkeys([*(model.id for model in provider.models), *listed]))

    def named(self, typed: str, current: str) -> Endpoint:
        """The endpoint that a person means: `provider/model`, or a model of the current provider.

        Model names have slashes too, so a name that the current provider knows goes first. Raises NotOffered.
        """
        typed = typed.strip().strip("`")
        name, slash, _ = typed.partition("/")
        if slash and name in self._catalogue and not self._is_its_own(typed, current):
            return self.endpoint(typed)
        return self.endpoint(f"{current}/{typed}")

    def _is_its_own(self, typed: str, current: str) -> bool:
        """Whether a name with a slash, which begins as a provider's, is a model of the current provider all the same.

        Who sells other vendors' models names them so; where that vendor is not offered itself, nothing else is meant.
        """
        if self._lack(current):
            return False
        known = self.models(current)
        if typed in known:
            return True
        vendors = {model_id.partition("/")[0] for model_id in known if "/" in model_id}
        told = typed.partition("/")[0] in vendors or not self._listed.get(current)
        return bool(vendors) and told and bool(self._lack(typed.partition("/")[0]))

    def complete(self, typed: str, first: str = "") -> list[str]:
        """Known `provider/model` names that contain every word that was typed, the likeliest before the others.

        Those that begin with it go before those with words that begin so; of the same rank, the models of the
        provider `first` do.
        """
        whole = typed.casefold().strip()
        words = [word for word in re.split(r"[\s/]+", whole) if word]
        beginnings = [re.compile(rf"(?<![a-z0-9]){re.escape(word)}") for word in words]
        found: list[tuple[int, bool, str]] = []
        for name, entry in self.providers.items():
            title = entry.title.casefold()
            for model_id in self.model_ids(name):
                full = f"{name}/{model_id}"
                text = f"{full} {title}".casefold()
                if all(word in text for word in words):
                    begins = text.startswith(whole) or text.startswith(whole, len(name) + 1)
                    rank = 0 if begins else 1 if all(each.search(text) for each in beginnings) else 2
                    found.append((rank, name != first, full))
        return [full for _, _, full in sorted(found, key=lambda each: each[:2])]

    def _lack(self, name: str) -> str:
        """Why the provider of that name cannot be had; empty where it can."""
        provider = self._catalogue.get(name)
        if provider is None:
            return f"There is no provider called `{name}`. Offered here: {self._offered_names()}."
        access = self._access[name]
        if provider.retired and not access.base_url:
            return (
                f"{provider.title} was retired on {provider.retired}; "
                f"the operator can point {name.upper()}_BASE_URL at a server that stands in for it."
            )
        if provider.key and not access.key:
            return f"{provider.title} is not set up here: the operator has to set {provider.key}."
        return ""

    def _offered_names(self) -> str:
        return ", ".join(f"`{name}`" for name in self.providers) or "none yet"


def _base_url(provider: Provider, access: Access) -> str:
    """The operator's base URL as it was meant: people leave the path out, or copy the endpoint along with it."""
    usual = str(provider.base_url).rstrip("/")
    if access.base_url is None:
        return usual
    given = str(access.base_url).rstrip("/").removesuffix(provider.endpoint)
    return given if URL(given).path != "/" else given + URL(usual).path.rstrip("/")


def _joined(known: Model, listed: Model) -> Model:
    """The catalogue's word where it has one, else the provider's."""
    facts = {field: getattr(listed, field) for field in ("context", "vision", "price")}
    lacking = {field: value for field, value in facts.items() if getattr(known, field) is None}
    return known.model_copy(update=lacking)
