"""``mien analyze``: photos, folders, videos and addresses, one after the other.

Each file is reported, with its reason where nothing came of it, and the rest is finished. Exit
status: 0 all well, 1 something could not be read or written whole, 2 wrong arguments, 130 stopped.
"""

from __future__ import annotations

import contextlib
import io
import signal
import sys
import tempfile
from typing import TYPE_CHECKING, BinaryIO, get_args

import msgspec
from msgspec import Struct

from edge import config as configuration
from edge.analysis import kit as kits
from edge.analysis import looking, runs
from edge.analysis.library import described
from edge.analysis.opening import opened
from edge.analysis.sources import Unreadable, listed
from edge.analysis.write import page, streams
from edge.analysis.write.drafts import Draft, written
from edge.analysis.write.outputs import Outputs, Wishes
from edge.analysis.write.streams import CsvStream
from edge.commands.progress import Progress
from edge.see.runtime import ModelError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType

    from edge.analysis.kit import Kit
    from edge.analysis.results import Ended
    from edge.analysis.sources import Item, Opened

PHOTOS = "photos.csv"
STOPPED = 130


class Stop(Struct):
    """Whether somebody asked to stop: the first time after this frame, the second time at once."""

    asked: bool = False

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        """Take a signal."""
        if self.asked:
            raise KeyboardInterrupt(number)
        self.asked = True


class Job:
    """What every file of a run has in common."""

    def __init__(
        self, kit: Kit, wishes: Wishes, seconds: float | None, progress: Progress, stop: Stop
    ) -> None:
        """Nothing is opened before there is something to write."""
        self.kit, self.wishes, self.seconds = kit, wishes, seconds
        self.progress, self.stop = progress, stop
        self.thumbnails: dict[str, str] = {}
        # a shell may have closed it: `>&-`
        self.stdout: BinaryIO = io.BytesIO() if sys.stdout is None else sys.stdout.buffer
        self._table: CsvStream | None = None
        self._draft: Draft | None = None

    def table(self, kind: str, stack: contextlib.ExitStack, *, alone: bool) -> CsvStream | None:
        """The table that several files share: all photos, or everything on standard output."""
        if not self.wishes.csv or (self.wishes.out is not None and (alone or kind != "photo")):
            return None
        if self._table is None:
            file = self.stdout
            if self.wishes.out is not None:
                self._draft = stack.enter_context(Draft(self.wishes.out / PHOTOS))
                file = self._draft.file
            self._table = CsvStream(file, emotion=self.kit.emotion)
        return self._table

    def keep(self) -> runs.Entry | None:
        """The shared table is whole; or why it is not."""
        if self._draft is not None:
            try:
                self._draft.keep()
            except OSError as error:
                return runs.Entry(file=PHOTOS, status="failed", why=_unwritten(error))
        return None


def run(arguments: argparse.Namespace) -> int:
    """Analyse everything; the exit status says whether all of it went well."""
    wrong = _wrong(arguments)
    if wrong is not None:
        return _refused(wrong, 2)
    out: Path | None = arguments.out
    try:
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=out).close()
        kit = kits.load(arguments.profile)
    except (configuration.ConfigError, ModelError) as error:
        return _refused(str(error))
    except OSError as error:
        return _refused(f"--out {out}: cannot be written to: {error.strerror}")
    wishes = _wishes(arguments)
    items, failed = listed(arguments.paths, out)
    entries = [runs.Entry(file=each.shown, status="failed", why=each.why) for each in failed]
    talks = out is not None or not (wishes.json or wishes.csv)
    with _stopping() as stop, Progress(len(items), talks=talks) as progress:
        for entry in entries:
            progress.say(entry)
        job = Job(kit, wishes, arguments.seconds, progress, stop)
        entries += looked_at(items, job)
        if out is not None and (len(entries) > 1 or any(e.kind == "photo" for e in entries)):
            entries += _together(out, entries, job)
        progress.end(entries, out)
    if stop.asked:
        return STOPPED
    return int(any(entry.status != "complete" for entry in entries))


def looked_at(items: list[Item], job: Job) -> list[runs.Entry]:
    """Everything, one after the other; what came of each is said at once."""
    entries: list[runs.Entry] = []
    with contextlib.ExitStack() as stack:
        for item in items:
            if job.stop.asked:
                entry = runs.Entry(file=item.shown, status="not_begun", why="stopped before it")
            else:
                job.progress.begin(item.shown)
                entry = _one(item, job, stack, alone=len(items) == 1)
            entries.append(entry)
            job.progress.say(entry)
        torn = job.keep()
        if torn is not None:
            entries.append(torn)
            job.progress.say(torn)
    return entries


def _one(item: Item, job: Job, stack: contextlib.ExitStack, *, alone: bool) -> runs.Entry:
    """Look at one file. Whatever is wrong with it or with its results is in what comes back."""
    try:
        return _opened(item, job, stack, alone=alone)
    except BrokenPipeError:
        raise  # whoever read our output has left: nothing more is wanted
    except Unreadable as error:
        why = str(error)
    except OSError as error:
        why = _unwritten(error)
    except MemoryError:
        why = "too large: there is not enough memory for it"
    except Exception as error:  # noqa: BLE001 - ours or a decoder's: the other thousand files go on
        why = f"damaged in an unknown way ({type(error).__name__}: {' '.join(str(error).split())})"
    return runs.Entry(file=item.shown, status="failed", why=why)


def _opened(item: Item, job: Job, stack: contextlib.ExitStack, *, alone: bool) -> runs.Entry:
    with opened(item.address) as pictures:
        source = described(item.shown, pictures, job.kit)
        shared = job.table(source.kind, stack, alone=alone)
        emotion, stdout = job.kit.emotion, job.stdout
        with Outputs(job.wishes, item.stem, source, shared, stdout, emotion=emotion) as outputs:
            ended, why = _through(pictures, outputs, job)
            summary, written = outputs.end(ended, why)
        if outputs.thumbnail is not None:
            job.thumbnails[item.shown] = outputs.thumbnail
    return runs.entry(source, summary, written)


def _through(pictures: Opened, outputs: Outputs, job: Job) -> tuple[Ended, str | None]:
    """Every frame, until the end or until somebody stops."""
    for look in looking.looks(pictures, job.kit):
        outputs.add(look)
        t_s = look.result.t_s
        job.progress.at(t_s, job.seconds or pictures.length_s)
        if job.stop.asked and pictures.kind != "photo":
            return "interrupted", f"stopped at {t_s:.1f} s"
        if job.seconds is not None and t_s >= job.seconds:
            return "complete", "; ".join(pictures.odd()) or None
    return pictures.ended()


def _together(out: Path, entries: list[runs.Entry], job: Job) -> list[runs.Entry]:
    """What is written of the whole run; gives what could not be."""
    run = runs.together(entries, job.kit.profile, emotion=job.kit.emotion)
    wishes = job.wishes
    pages: list[tuple[str, bytes]] = []
    if wishes.json:
        pages.append(("summary.json", msgspec.json.format(msgspec.json.encode(run)) + b"\n"))
    if wishes.csv:
        pages.append(("summary.csv", streams.summary(run)))
    if wishes.report:
        pages.append(("index.html", page.overview(run, job.thumbnails)))
    torn = []
    for name, content in pages:
        try:
            written(out / name, content)
        except OSError as error:
            torn.append(runs.Entry(file=name, status="failed", why=_unwritten(error)))
            job.progress.say(torn[-1])
    return torn


def _wishes(arguments: argparse.Namespace) -> Wishes:
    tables = arguments.json or arguments.csv or arguments.timeline or arguments.report
    everything = arguments.out is not None and not tables
    return Wishes(
        out=arguments.out,
        json=arguments.json or everything,
        csv=arguments.csv or everything,
        timeline=arguments.timeline or everything,
        report=arguments.report or arguments.thumbnails or everything,
        annotate=arguments.annotate,
        thumbnails=arguments.thumbnails,
    )


def _wrong(arguments: argparse.Namespace) -> str | None:
    if arguments.out is None:
        for name in ("timeline", "report", "annotate", "thumbnails"):
            if getattr(arguments, name):
                return f"--{name}: needs --out DIR, the folder to write to"
        if arguments.json and arguments.csv:
            return "--json --csv: one of them on standard output, or both with --out DIR"
        if (arguments.json or arguments.csv) and sys.stdout is None:
            return "standard output is closed: --out DIR writes to files"
    profiles = get_args(configuration.Profile)
    if arguments.profile not in profiles:
        return f'--profile: expected one of {", ".join(profiles)}, got "{arguments.profile}"'
    if arguments.seconds is not None and not arguments.seconds > 0:
        return f"--seconds: expected more than 0, got {arguments.seconds:g}"
    return None


def _unwritten(error: OSError) -> str:
    return f"its results cannot be written: {error.strerror or error}"


def _refused(text: str, status: int = 1) -> int:
    print(f"mien analyze: {text}", file=sys.stderr)
    return status


@contextlib.contextmanager
def _stopping() -> Iterator[Stop]:
    stop = Stop()
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
