"""Faces that feel something, and what was said of them: for stories of people."""

from __future__ import annotations

from stories import Face, after

from edge.judge.people.rules import MoodRules, PeopleRules
from edge.judge.rules import Rules
from edge.types import ACTIONS, EMOTIONS

NO_ACTION = (0.0,) * len(ACTIONS)


def felt(name: str, part: float = 0.9) -> tuple[float, ...]:
    """``part`` for one emotion; the rest mostly for neutral, as networks have it."""
    rest = 1.0 - part
    few = 0.01 * rest
    spread = dict.fromkeys(EMOTIONS, few)
    spread["neutral" if name != "neutral" else "happy"] = rest - few * (len(EMOTIONS) - 2)
    spread[name] = part
    return tuple(spread[each] for each in EMOTIONS)


def moving(**strength: float) -> tuple[float, ...]:
    return tuple(strength.get(name, 0.0) for name in ACTIONS)


NEUTRAL = Face(emotion=felt("neutral"), actions=NO_ACTION)
HAPPY = Face(emotion=felt("happy"), actions=moving(au06=0.8, au12=0.9))
SAD = Face(emotion=felt("sad"), actions=moving(au01=0.5, au15=0.6))
DROOPING = Face(emotion=felt("sad", 0.8), actions=moving(au15=0.4))
ANGRY = Face(emotion=felt("anger"), actions=moving(au04=0.9))


def rules(window_s: float = 3600.0, *, emotion: bool = True, **mood: float) -> Rules:
    return Rules(people=PeopleRules(window_s=window_s), mood=MoodRules(**mood), emotion=emotion)


def labels(story) -> list[str]:
    """What was said of the mood, without repeats."""
    found: list[str] = []
    for step in story.steps:
        label = step.people[0].mood.label if step.people and step.people[0].mood else "-"
        if not found or found[-1] != label:
            found.append(label)
    return found


def seen(story, index: int = 0):
    return story.last.people[index]


def summed(*scenes, fps: float = 3, window_s: float = 20.0, emotion: bool = True):
    """Summaries of the window that ends within the scenes: of the scene, then of each face."""
    story = after(*scenes, fps=fps, rules=rules(window_s, emotion=emotion))
    (summaries,) = (step.summaries for step in story.steps if step.summaries)
    return summaries
