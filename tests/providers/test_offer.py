"""What is offered, and which endpoint a name means."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.messages import Usage
from bot.providers.catalogue import DEFAULT_CONTEXT, Model, Price, load_catalogue
from bot.providers.offer import Access, NotOffered, Offer

CATALOGUE = load_catalogue()
LOCAL = ["ollama", "lmstudio"]


def offer(*keyed: str, default: str | None = None, base_urls: Mapping[str, str] | None = None) -> Offer:
    """An offer with keys for these providers, and addresses of their own for some."""
    urls = base_urls or {}
    access = {
        name: Access.model_validate({"key": f"{name}-key" if name in keyed else None, "base_url": urls.get(name)})
        for name in CATALOGUE
    }
    return Offer(CATALOGUE, access, default)


def test_a_provider_without_its_key_is_not_offered() -> None:
    assert list(offer().providers) == LOCAL
    assert list(offer("groq", "xai").providers) == ["xai", "groq", *LOCAL]


def test_every_provider_but_the_retired_one_is_offered_with_a_key() -> None:
    assert set(offer(*CATALOGUE).providers) == set(CATALOGUE) - {"github"}


@pytest.mark.parametrize(("keyed", "offered"), [([], False), (["github"], True)])
def test_github_is_reached_at_another_address_only_and_with_its_key(keyed: list[str], offered: bool) -> None:
    assert ("github" in offer(*keyed, base_urls={"github": "http://stand-in:9/v1"}).providers) is offered


def test_who_asks_for_github_learns_when_it_was_retired_and_what_can_be_done() -> None:
    with pytest.raises(NotOffered, match=r"2026-07-30.*GITHUB_BASE_URL"):
        offer("github").endpoint("github/openai/gpt-4o")


def test_who_asks_for_a_provider_without_its_key_learns_which_is_missing() -> None:
    with pytest.raises(NotOffered, match="GROQ_API_KEY"):
        offer("xai").endpoint("groq/openai/gpt-oss-20b")


def test_who_asks_for_an_unknown_provider_learns_which_there_are() -> None:
    with pytest.raises(NotOffered, match="`xai`, `ollama`, `lmstudio`"):
        offer("xai").endpoint("barn/owl")


@pytest.mark.parametrize(
    ("full_name", "model"),
    [
        ("groq/openai/gpt-oss-20b", "openai/gpt-oss-20b"),
        ("groq", "qwen/qwen3.6-27b"),
        ("groq/", "qwen/qwen3.6-27b"),
        ("groq/never/seen:before", "never/seen:before"),
    ],
)
def test_an_endpoint_is_a_provider_and_a_model_with_slashes(full_name: str, model: str) -> None:
    endpoint = offer("groq").endpoint(full_name)
    assert endpoint.model.id == model
    assert endpoint.full_name == f"groq/{model}"
    assert str(endpoint.url) == "https://api.groq.com/openai/v1/chat/completions"
    assert endpoint.headers == {"Authorization": "Bearer groq-key"}


def test_a_provider_without_a_default_model_wants_one_named() -> None:
    with pytest.raises(NotOffered, match="litellm/model"):
        offer("litellm").endpoint("litellm")


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("http://here:1234", "http://here:1234/v1/chat/completions"),
        ("http://here:1234/", "http://here:1234/v1/chat/completions"),
        ("http://here:1234/v1", "http://here:1234/v1/chat/completions"),
        ("http://here:1234/v1/", "http://here:1234/v1/chat/completions"),
        ("https://here/a/b/v1//", "https://here/a/b/v1/chat/completions"),
    ],
)
def test_a_base_url_and_the_endpoint_are_joined_with_one_slash(base_url: str, url: str) -> None:
    assert str(offer(base_urls={"lmstudio": base_url}).endpoint("lmstudio").url) == url


def test_without_a_key_there_is_no_authorization() -> None:
    assert offer().endpoint("ollama").headers == {}


def test_a_model_of_which_nothing_is_known_has_a_small_window_and_may_see() -> None:
    endpoint = offer("groq").endpoint("groq/never-seen")
    assert endpoint.context == DEFAULT_CONTEXT
    assert endpoint.image_rules.types == CATALOGUE["groq"].images.types


@pytest.mark.parametrize("full_name", ["codestral/codestral-latest", "codestral/other", "groq/openai/gpt-oss-20b"])
def test_a_model_without_eyes_takes_no_images(full_name: str) -> None:
    assert offer("codestral", "groq").endpoint(full_name).image_rules.types == ()


def test_the_default_model_is_the_operator_s_else_that_of_the_first_provider_with_a_key() -> None:
    assert offer("groq", default="groq/owl").default_model == "groq/owl"
    assert offer("groq", "xai").default_model == "xai/grok-4.20-non-reasoning"
    assert offer("litellm", "groq").default_model == "groq/qwen/qwen3.6-27b"
    assert offer().default_model == "ollama/gemma4"


def test_without_any_provider_there_is_no_default_model_but_a_sentence() -> None:
    keyed = {name: provider for name, provider in CATALOGUE.items() if provider.key}
    with pytest.raises(NotOffered, match="No provider is set up"):
        _ = Offer(keyed, {}).default_model


@pytest.mark.parametrize(
    ("typed", "current", "meant"),
    [
        ("owl", "groq", "groq/owl"),
        ("  `owl` ", "groq", "groq/owl"),
        ("xai/grok-4.3", "groq", "xai/grok-4.3"),
        ("openai/gpt-oss-20b", "groq", "groq/openai/gpt-oss-20b"),
        ("openai/gpt-oss-20b", "xai", "openai/gpt-oss-20b"),
        ("openai/gpt-6-luna", "openrouter", "openrouter/openai/gpt-6-luna"),
        ("somebody/owl", "openrouter", "openrouter/somebody/owl"),
        ("openrouter/openai/gpt-6-luna", "openrouter", "openrouter/openai/gpt-6-luna"),
    ],
)
def test_a_name_means_what_people_mean_by_it(typed: str, current: str, meant: str) -> None:
    assert offer("groq", "xai", "openai", "openrouter").resolve(typed, current).full_name == meant


@pytest.mark.parametrize(
    ("typed", "current", "meant"),
    [
        ("anthropic/claude-x", "openrouter", "openrouter/anthropic/claude-x"),
        ("anthropic/claude-x", "groq", "groq/anthropic/claude-x"),
        ("xai/grok-4.3", "openrouter", "xai/grok-4.3"),
    ],
)
def test_a_vendor_that_is_not_offered_itself_is_meant_as_the_current_provider_s(
    typed: str, current: str, meant: str
) -> None:
    assert offer("openrouter", "groq", "xai").resolve(typed, current).full_name == meant


def test_a_vendor_that_the_current_provider_does_not_list_is_said_to_be_missing() -> None:
    access = {name: Access.model_validate({"key": "k"}) for name in ("openrouter", "openai")}
    some = Offer(CATALOGUE, access, listed={"openrouter": [Model(id="anthropic/claude-x"), Model(id="qwen/owl")]})
    assert some.resolve("anthropic/claude-y", "openrouter").full_name == "openrouter/anthropic/claude-y"
    for current in ("openrouter", "openai"):
        with pytest.raises(NotOffered, match="DEEPSEEK_API_KEY"):
            some.resolve("deepseek/owl", current)


def test_completion_finds_any_part_of_provider_title_or_model_among_what_is_offered() -> None:
    some = offer("groq", "openai")
    assert some.complete("OSS") == ["groq/openai/gpt-oss-20b", "groq/openai/gpt-oss-120b"]
    assert some.complete("lm studio") == ["lmstudio/local-model"]
    assert some.complete("grok") == []
    own = [f"openai/{model.id}" for model in CATALOGUE["openai"].models]
    assert some.complete("", "openai")[: len(own)] == own


@given(st.text(max_size=20), st.sampled_from(list(CATALOGUE)))
def test_whatever_is_typed_is_an_endpoint_or_a_sentence(typed: str, current: str) -> None:
    some = offer("groq", "openrouter")
    try:
        endpoint = some.resolve(typed, current)
    except NotOffered as error:
        sentence = str(error)
    else:
        assert endpoint.name in some.providers
        sentence = f"{endpoint.model.id}."
    assert len(sentence) > 1
    assert sentence.endswith(".")


@given(st.sampled_from([f"{name}/{model.id}" for name, entry in CATALOGUE.items() for model in entry.models]))
def test_what_completion_offers_can_be_chosen(full_name: str) -> None:
    everything = offer(*CATALOGUE)
    if full_name in everything.complete(full_name):
        assert everything.endpoint(full_name).full_name == full_name
        assert everything.resolve(full_name, "ollama").full_name == full_name


def test_a_listed_model_is_known_and_the_catalogue_s_word_goes_first() -> None:
    listed = {"groq": [Model(id="owl", context=9_000, vision=False), Model(id="openai/gpt-oss-20b", vision=True)]}
    access = {"groq": Access.model_validate({"key": "k"})}
    some = Offer(CATALOGUE, access, listed=listed)
    assert "groq/owl" in some.complete("owl")
    assert some.endpoint("groq/owl").context == 9_000
    assert some.endpoint("groq/owl").image_rules.types == ()
    assert some.endpoint("groq/openai/gpt-oss-20b").model.vision is False


def test_a_price_comes_from_the_catalogue_else_from_the_list() -> None:
    price = Price(prompt=3, completion=15)
    listed = {"xai": [Model(id="grok-4.3", price=price), Model(id="grok-4.5", price=price), Model(id="owl")]}
    some = Offer(CATALOGUE, {"xai": Access.model_validate({"key": "k"})}, listed=listed)
    endpoints = {name: some.endpoint(f"xai/{name}") for name in ("grok-4.3", "grok-4.5", "owl")}
    assert {name: (endpoint.price, endpoint.price_source) for name, endpoint in endpoints.items()} == {
        "grok-4.3": (Price(prompt=1.25, completion=2.5), "catalogue"),
        "grok-4.5": (price, "provider"),
        "owl": (None, None),
    }


@pytest.mark.parametrize(
    ("usage", "dollars"),
    [
        (Usage(1_000_000, 100_000, 1_100_000), 3.0),
        (Usage(2_000, 1_000), 0.014),
        (Usage(2_000, 1_000, 4_000), 0.024),
        (Usage(2_000, None, 4_000), 0.024),
        (Usage(2_000, 1_000, 1), 0.014),
        (Usage(0, 0, 0), 0.0),
        (Usage(5, None, 3), 0.00001),
        (Usage(2_000), None),
        (Usage(None, 1_000), None),
        (Usage(None, None, 4_000), None),
        (Usage(), None),
    ],
)
def test_what_an_answer_costs_counts_thinking_that_stands_in_the_total_alone(
    usage: Usage, dollars: float | None
) -> None:
    assert Price(prompt=2, completion=10).cost(usage) == (None if dollars is None else pytest.approx(dollars))
