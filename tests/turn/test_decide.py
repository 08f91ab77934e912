"""Every reason for and against an answer."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.places import Person, Place, PlaceKind
from bot.chat.prompts import Trigger
from bot.preferences.declaration import AnswerWhen, Preferences
from bot.reply.surface import PlaceGone, SurfaceLost
from bot.text import Text
from bot.turn.decide import Facts, NoAnswer, Reason, check, decide, is_asked

GENERAL = Place(PlaceKind.CHANNEL, channel_id=7, guild_id=3)
DM = Place(PlaceKind.DM, channel_id=5)
ANA = Person(41, "Ana")
TALKERS = 77
ALWAYS = Preferences(answer=AnswerWhen.ALWAYS)
UNASKED: frozenset[Trigger] = frozenset()
ASKED = frozenset((Trigger.MENTION,))
CLEAR = Facts(GENERAL, ANA, Preferences(), ASKED)

CAUSES: dict[str, dict[str, Any]] = {
    "nobody asked": {"triggers": UNASKED},
    "an obstacle": {"obstacle": SurfaceLost(Text("I can't write there"), Text("A server admin can change that."))},
    "closing": {"closing": True},
    "the role": {"preferences": Preferences(role_id=TALKERS)},
    "nothing to answer": {"has_content": False},
}
"""What alone is a reason against an answer, in the order in which people are told."""

facts = st.builds(
    Facts,
    st.sampled_from([GENERAL, Place(PlaceKind.THREAD, 9, 3, 7), DM]),
    st.builds(
        Person, st.just(41), st.just("Ana"), st.sampled_from([frozenset(), frozenset((TALKERS,))]), st.booleans()
    ),
    st.builds(
        Preferences, answer=st.none() | st.sampled_from(AnswerWhen), role_id=st.sampled_from([None, TALKERS, 78])
    ),
    st.frozensets(st.sampled_from(Trigger)),
    st.booleans(),
    st.sampled_from([None, CAUSES["an obstacle"]["obstacle"], PlaceGone(Text("the channel was deleted"))]),
    st.booleans(),
)


def against(facts: Facts) -> list[Reason]:
    return [reason for reason in decide(facts) if reason.against]


@given(st.sets(st.sampled_from(sorted(CAUSES))))
def test_every_cause_adds_its_reason_in_a_fixed_order(chosen: set[str]) -> None:
    causes = [changes for name, changes in CAUSES.items() if name in chosen]
    together: dict[str, Any] = {}
    for changes in causes:
        together |= changes
    alone = [against(replace(CLEAR, **changes)) for changes in causes]
    assert all(len(reasons) == 1 for reasons in alone)
    assert against(replace(CLEAR, **together)) == [reason for [reason] in alone]


@given(facts)
def test_there_is_no_answer_if_a_reason_is_against_and_the_first_one_is_told(facts: Facts) -> None:
    reasons = decide(facts)
    assert reasons == decide(facts), "the same facts, the same reasons"
    assert sorted(reasons, key=lambda reason: reason.against) == list(reasons), "those for an answer come first"
    first = next((reason for reason in reasons if reason.against), None)
    if first is None:
        check(facts)
        return
    with pytest.raises(NoAnswer) as refused:
        check(facts)
    assert (refused.value.text, refused.value.privately) == (first.text, first.privately)


@given(facts)
def test_every_reason_is_a_sentence(facts: Facts) -> None:
    reasons = decide(facts)
    assert reasons
    for sentence in (str(reason.text) for reason in reasons):
        assert sentence[0].isupper()
        assert sentence.endswith(".")


@given(facts)
def test_only_an_obstacle_is_told_privately(facts: Facts) -> None:
    private = [reason for reason in decide(facts) if reason.privately]
    assert len(private) == (facts.obstacle is not None)
    assert all(reason.against for reason in private)


@given(facts)
def test_every_trigger_is_a_reason_for_and_so_is_answering_every_message(facts: Facts) -> None:
    always = facts.preferences.answer is AnswerWhen.ALWAYS
    reasons_for = [reason for reason in decide(facts) if not reason.against]
    assert len(set(reasons_for)) == len(facts.triggers) + always
    assert is_asked(facts) is bool(reasons_for)


@given(facts)
def test_server_admins_members_of_the_role_and_dms_are_never_restricted(facts: Facts) -> None:
    unrestricted = replace(facts, preferences=facts.preferences.model_copy(update={"role_id": None}))
    role_id = facts.preferences.role_id
    let_in = [
        replace(facts, person=replace(facts.person, manages=True)),
        replace(facts, person=replace(facts.person, role_ids=frozenset((role_id or 0,)))),
    ]
    for each in let_in:
        assert decide(each) == decide(unrestricted)
    assert decide(replace(facts, place=DM)) == decide(replace(unrestricted, place=DM))


@given(facts)
def test_an_unaddressed_message_has_one_more_reason_against_by_default(facts: Facts) -> None:
    asked, unasked = (against(replace(facts, triggers=triggers)) for triggers in (ASKED, UNASKED))
    extra = 0 if facts.preferences.answer is AnswerWhen.ALWAYS else 1
    assert len(unasked) == len(asked) + extra
    assert unasked[extra:] == asked
