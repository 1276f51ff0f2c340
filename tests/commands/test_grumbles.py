"""Warnings of ours, and of the libraries that we run on, on their way to subscribers."""

from __future__ import annotations

import logging
import time

import pytest

from edge.commands.grumbles import LIMIT, WAITING, grumbled, overheard
from edge.tell import messages as m
from edge.types import NS
from tests.tell.examples import reporter


def test_a_warning_is_said_once_and_what_is_less_is_not():
    with overheard() as heard:
        logging.getLogger("camera").warning("%d frames are gone", 3)
        logging.getLogger("camera").info("a frame")
        said = list(grumbled(heard, reporter(), 1))
    assert [(s.message.level, s.message.code, s.message.msg) for s in said] == [
        ("warning", "camera", "3 frames are gone")
    ]
    assert not heard


def test_who_is_told_late_hears_when_it_was(monkeypatch):
    with overheard() as heard:
        logging.getLogger("camera").warning("gone")
        logged_ns = time.monotonic_ns()
        monkeypatch.setattr(time, "monotonic_ns", lambda: logged_ns + 60 * NS)
        (said,) = grumbled(heard, reporter(), logged_ns + 60 * NS)
    assert abs(said.message.mono_ms - logged_ns // 1_000_000) <= 1000


def test_the_newest_are_kept_and_long_ones_cut():
    with overheard() as heard:
        for number in range(WAITING + 5):
            logging.getLogger("x").error("%d %s", number, "y" * 2 * LIMIT)
        said = list(grumbled(heard, reporter(), 1))
    assert len(said) == WAITING
    assert said[0].message.msg.startswith("5 y")
    assert len(said[0].message.msg) == LIMIT


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("\udcff\udcfe.jpg: not a picture", "??.jpg: not a picture"),  # a name in Latin 1
        ("two\nlines", "two?lines"),
        ("\x01" * 2 * LIMIT, "???"),
        ("\U0001f634" * 2 * LIMIT, "\U0001f634"),
        ('"' * 2 * LIMIT, '"'),
    ],
    ids=["no UTF-8", "two lines", "control", "long in bytes", "escaped"],
)
def test_whatever_is_logged_can_be_said(text, begins):
    logged = logging.LogRecord("camera", logging.WARNING, __file__, 1, "%s", (text,), None)
    with overheard() as heard:
        logging.getLogger().handlers[-1].handle(logged)  # pytest-xdist cannot send what is no UTF-8
        (said,) = grumbled(heard, reporter(), 1)
    message = m.decode("log", m.encode(said.message))
    assert message.msg.startswith(begins)


def test_words_that_do_not_fit_stop_nobody(capsys):
    odd = logging.LogRecord("x", logging.WARNING, __file__, 1, "%d apples", ("no",), None)
    with overheard() as heard:
        logging.getLogger().handlers[-1].handle(odd)  # pytest's own handler would raise
    assert not heard
    assert "%d apples" in capsys.readouterr().err


def test_afterwards_nothing_is_overheard():
    with overheard() as heard:
        pass
    logging.getLogger("x").warning("too late")
    assert not heard
