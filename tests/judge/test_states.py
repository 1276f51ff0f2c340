from __future__ import annotations

from dataclasses import replace

import pytest
from stories import (
    DOWN,
    LEFT,
    LOST,
    MIRROR,
    OPEN,
    RIGHT,
    SHUT,
    SUNGLASSES,
    YAWN,
    Face,
    after,
    blinking,
    every,
    filmed,
    observed,
    told,
)

from edge.judge.rules import AlertRules, PresenceRules, Rules, SpeedRules
from edge.judge.states.rules import AttentionRules
from edge.types import NS, Level, Light

LEARNT = (60, OPEN)
"""Long enough for the forward direction to be known."""


def test_a_sleeper_whose_head_drops_is_still_asleep():
    story = after((3, OPEN), (2, SHUT), (2.9, LOST))
    assert "microsleep" in story.active
    assert story.level >= Level.WARNING


def test_a_microsleep_and_then_no_face_is_a_warning():
    story = after((3, OPEN), (2, SHUT), (3, LOST))
    lost = next(a for a in story.changes if a.type == "face_lost")
    assert lost.level == Level.WARNING


def test_a_face_that_goes_right_after_sleep_is_an_emergency():
    story = after((3, OPEN), (4, SHUT), (3.2, LOST))
    assert story.level == Level.EMERGENCY
    assert story.at("unresponsive") == pytest.approx(3 + 4 + 3, abs=0.2)


def test_an_emergency_ends_with_open_eyes_ahead_and_not_before():
    asleep = ((3, OPEN), (7, SHUT))
    assert after(*asleep, (2.8, OPEN)).level == Level.EMERGENCY
    assert after(*asleep, (3.3, OPEN)).level == Level.NONE


def test_an_emergency_is_acknowledged_by_a_person():
    def acked(seen):
        return [
            observed(o.t_ns, LOST, requests=("ack",)) if at == len(seen) - 1 else o
            for at, o in enumerate(seen)
        ]

    story = told(acked(list(filmed((3, OPEN), (4, SHUT), (5, LOST)))))
    assert story.ended("unresponsive").reason == "acknowledged"
    assert story.active == ["face_lost"]


def test_an_ack_quiets_cautions_but_never_sleep():
    frames = list(filmed(LEARNT, (4.8, RIGHT), (5, OPEN), (4, SHUT)))
    at = next(i for i, o in enumerate(frames) if o.t_ns >= (100 + 64.5) * NS)
    frames[at] = observed(frames[at].t_ns, RIGHT, requests=("ack",))
    story = told(frames)
    assert story.ended("distraction_long").reason == "acknowledged"
    assert "eyes_closed_pre" not in story.new
    assert story.active == ["sleep"]


def test_a_narrow_laugh_is_no_closed_eye():
    laughing = Face(openness=0.25, mar=0.4)
    story = after((20, OPEN), (8, laughing), (3, OPEN))
    assert story.new == []


def test_shut_eyes_that_never_read_quite_shut_are_a_sleeper():
    story = after((20, OPEN), (4, Face(openness=0.22)), (5, OPEN))
    assert story.new == ["eyes_closed_pre", "microsleep", "sleep"]


def test_narrow_eyes_that_blink_do_not_fall_asleep():
    story = after((120, blinking(15, face=Face(openness=0.45))))
    assert story.new == []


def test_a_long_look_aside_is_a_caution_then_a_warning_then_an_emergency():
    story = after(LEARNT, (9, RIGHT))
    assert story.new == ["distraction_long", "unresponsive"]
    assert story.at("distraction_long") == pytest.approx(60 + 4, abs=0.2)
    warned = next(a for a in story.changes if a.level == Level.WARNING)
    assert (warned.t_ns - story.steps[0].t_ns) / NS == pytest.approx(60 + 5, abs=0.2)
    assert story.at("unresponsive") == pytest.approx(60 + 8, abs=0.2)


@pytest.mark.parametrize("fps", [5, 10, 15, 30])
def test_looking_down_for_three_seconds_is_too_long(fps):
    story = after(LEARNT, (4, DOWN), (3, OPEN), fps=fps)
    assert story.at("distraction_long") == pytest.approx(63, abs=0.25)
    assert story.ended("distraction_long").reason == "looking_ahead"
    assert not story.active


def test_a_flicker_ahead_resets_nothing():
    story = after(LEARNT, (2, DOWN), (0.2, OPEN), (1.5, DOWN))
    assert "distraction_long" in story.new


def test_half_a_second_ahead_starts_the_count_again():
    story = after(LEARNT, (2, DOWN), (0.5, OPEN), (2, DOWN), (5, OPEN))
    assert story.new == []


def test_the_first_second_in_a_mirror_is_free():
    assert after(LEARNT, (3.7, MIRROR), (2, OPEN)).new == []
    assert after(LEARNT, (4.4, MIRROR), (2, OPEN)).new == ["distraction_long"]


def test_mirrors_change_sides_with_the_driver():
    side = PresenceRules(driver_side="right")
    seat = {"x": 150.0}
    scenes = ((60, OPEN.but(**seat)), (3.6, Face(yaw=35, pitch=5, **seat)), (2, OPEN.but(**seat)))
    assert after(*scenes, rules=Rules(presence=side)).last.attention.zone == "forward"
    zones = {s.attention.zone for s in after(*scenes, rules=Rules(presence=side)).steps}
    assert "mirror_inner" in zones


def test_a_head_that_turns_out_of_sight_is_still_turned_away():
    story = after(LEARNT, (1, LEFT), (4, LOST))
    assert "distraction_long" in story.new
    assert "unresponsive" not in story.new


@pytest.mark.parametrize(
    ("speed", "said"),
    [(5.0, False), (15.0, False), (25.0, True), (80.0, True), (None, True)],
)
def test_distraction_counts_from_20_kmh_and_where_the_speed_is_unknown(speed, said):
    story = told([*filmed(LEARNT, (4, DOWN))] if speed is None else _at_speed(speed))
    assert ("distraction_long" in story.new) == said


def _at_speed(speed):
    learning = list(filmed((70, OPEN), (4, DOWN), speed=80.0))
    return [
        observed(o.t_ns, DOWN if o.t_ns >= 170 * NS else OPEN, speed) if o.t_ns >= 165 * NS else o
        for o in learning
    ]


def test_at_a_crossing_one_may_look_aside_for_longer():
    learning = list(filmed((70, OPEN), (10, RIGHT), speed=80.0))
    slow = [
        observed(o.t_ns, RIGHT if o.t_ns >= 170 * NS else OPEN, 25.0) if o.t_ns >= 165 * NS else o
        for o in learning
    ]
    assert told(slow).new == []


@pytest.mark.parametrize(("speed", "level"), [(None, 2), (80.0, 2), (30.0, 1), (15.0, 1), (5.0, 0)])
def test_drowsiness_is_voiced_from_50_kmh_and_where_the_speed_is_unknown(speed, level):
    story = after((150, every(5, 0.8, SHUT)), fps=10, speed=speed)
    levels = [a.level for a in story.changes if a.type.startswith("drowsy")]
    assert max(levels, default=0) == level


def test_where_nobody_drives_speed_and_attention_do_not_matter():
    rules = Rules(attention=AttentionRules(enabled=False), speed=SpeedRules(enabled=False))
    story = after(LEARNT, (10, RIGHT), (4, SHUT), rules=rules, speed=3.0)
    assert story.last.attention.state == "off"
    assert story.last.speed_band == "ignored"
    assert story.new == ["eyes_closed_pre", "microsleep", "sleep"]


def test_perclos_of_fifteen_percent_is_drowsy_and_rest_is_advised():
    story = after((330, every(5, 0.9, SHUT)), fps=10)
    assert story.new[:2] == ["drowsy_advisory", "drowsy"]
    told_again = [a.said for a in story.changes if a.type == "drowsy"]
    assert max(told_again) >= 3
    assert any(a.advice == "rest" for a in story.changes)
    assert story.last.kss_est == 8


def test_drowsy_ends_a_minute_after_the_eyes_are_awake():
    story = after((200, every(5, 0.9, SHUT)), (260, blinking(15)), fps=10)
    assert "drowsy" in story.new
    assert not story.active


def test_two_microsleeps_in_five_minutes_are_drowsy():
    nod = (1.7, SHUT)
    story = after((60, OPEN), nod, (60, OPEN), nod, (5, OPEN), fps=10)
    assert "drowsy" in story.active


def test_three_microsleeps_in_ten_minutes_are_severe():
    nod = (1.7, SHUT)
    story = after((60, OPEN), nod, (60, OPEN), nod, (60, OPEN), nod, (3, OPEN), fps=10)
    assert "drowsy_severe" in story.active


def test_yawns_alone_alarm_nobody():
    story = after((302, every(20, 4, YAWN, blinking(15))), fps=15)
    assert story.marks.count("yawn") == 15
    assert story.new == []


def test_a_yawn_that_never_ends_is_no_yawn():
    assert "yawn" not in after((5, OPEN), (20, YAWN), (3, OPEN)).marks


def test_a_nod_with_shut_eyes_is_marked():
    def nodding(t):
        return Face(openness=0.0 if t > 0.1 else 1.0, pitch=-22 * min(1.0, t / 0.5))

    story = after((30, OPEN), (1.0, nodding), (3, OPEN))
    assert story.marks.count("head_nod") == 1
    assert "head_nod" not in after((30, OPEN), (1.0, DOWN), (3, OPEN)).marks


def test_blinks_are_counted_at_30_frames_and_unknown_at_10():
    fast = after((240, blinking(20, 0.2)), fps=30).last.eyes
    assert fast.blink_ms_mean == pytest.approx(200, abs=30)
    assert fast.long_blink_share == 0
    slow = after((240, blinking(20, 0.2)), fps=10).last.eyes
    assert slow.blink_ms_mean is None
    assert slow.long_blink_share is None


def test_perclos_is_unknown_below_the_least_frame_rate():
    story = after((120, OPEN), fps=3)
    assert story.last.eyes.perclos60 is None
    assert "frame_rate" in story.last.degraded


def test_eyes_become_readable_again():
    story = after((5, OPEN), (12, SUNGLASSES), (6, OPEN))
    assert story.ended("eyes_unreadable").reason == "eyes_readable"
    assert story.last.degraded == ()


def test_a_turned_head_is_no_unreadable_eye():
    assert "eyes_unreadable" not in after((5, OPEN), (20, LEFT)).new


def test_a_lost_face_is_said_and_found_again():
    story = after((5, OPEN), (3, LOST), (2, OPEN))
    assert story.at("face_lost") == pytest.approx(7, abs=0.1)
    assert story.ended("face_lost").reason == "face_found"


def test_an_empty_seat_is_vacated_in_the_end():
    story = after((5, OPEN), (70, LOST), fps=10)
    assert story.ended("face_lost").reason == "vacated"
    assert not story.active


def _lit(scenes, light):
    return [
        observed(o.t_ns, None if not o.faces else OPEN)
        if o.t_ns < 105 * NS
        else _with_light(o, light)
        for o in filmed(*scenes)
    ]


def _with_light(seen, light):
    return replace(seen, light=light)


def test_a_covered_lens_is_said_to_be_covered_and_not_a_lost_face():
    story = told(_lit(((5, OPEN), (6, LOST)), Light(0.01, 0.005)))
    assert story.new == ["camera_blocked"]
    assert story.at("camera_blocked") == pytest.approx(7, abs=0.1)
    assert story.last.light == "blind"
    assert story.last.degraded == ("camera",)


def test_a_frozen_picture_of_open_eyes_is_not_awake():
    story = told(_lit(((5, OPEN), (6, OPEN)), Light(0.4, 0.2, repeated=True)))
    assert story.new == ["camera_blocked"]
    assert story.last.eyes.openness is None
    assert story.last.drowsiness == "unknown"


def test_a_frozen_picture_of_shut_eyes_is_not_asleep():
    story = told(_lit(((5, OPEN), (0.1, SHUT), (9, SHUT)), Light(0.4, 0.2, repeated=True)))
    assert "sleep" not in story.new


def test_dusk_is_low_light():
    assert told(_lit(((5, OPEN), (6, OPEN)), Light(0.08, 0.06))).last.light == "low"


def test_phone_glances_are_only_looked_for_where_asked():
    glances = every(5, 1.2, DOWN)
    quiet = after(LEARNT, (30, glances))
    beta = after(LEARNT, (30, glances), rules=Rules(attention=AttentionRules(phone=True)))
    assert "phone_suspect" not in quiet.new
    assert "phone_suspect" in beta.new


def test_a_microsleep_is_announced_every_two_seconds():
    rules = Rules(alerts=AlertRules(update_s=60))
    story = after((3, OPEN), (2, SHUT), (6, LOST), rules=rules)
    updates = [a for a in story.changes if (a.type, a.change) == ("microsleep", "update")]
    assert len(updates) >= 3
