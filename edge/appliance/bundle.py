"""An update as one file: a tar of ``payload.tar.gz`` and its signature by ``ssh-keygen -Y``.

``install.sh`` and the card bring OpenSSH; who may sign stands in ``/etc/mien/update_signers``, in
the form of ssh-keygen(1)'s allowed signers. Nothing of the payload is looked at before the
signature held.
"""

from __future__ import annotations

import gzip
import io
import shutil
import subprocess
import tarfile
from pathlib import Path, PurePosixPath

from edge.appliance.versions import InstallError

PAYLOAD, SIGNATURE = "payload.tar.gz", "payload.tar.gz.sig"
NAMESPACE = "mien-update"
SIGNER = "mien"
LIMIT = 400_000_000
"""Bytes; a release with wheels for two Pythons has a third of it."""


class CannotTellError(InstallError):
    """This board cannot tell whose an update is; that is no fault of the file."""


def unpacked(file: Path, signers: Path, into: Path) -> Path:
    """Check whose ``file`` it is and lay its files out in ``into``.

    Raises ``InstallError``, and ``OSError`` where there is no room.
    """
    if not signers.is_file():
        msg = (
            f"{signers}: is not there; install.sh --update-key FILE.pub, or for a card "
            "make image KEY=FILE.pub, says whose updates are taken"
        )
        raise CannotTellError(msg)
    if shutil.which("ssh-keygen") is None:
        msg = "ssh-keygen is not there: apt-get install openssh-client"
        raise CannotTellError(msg)
    payload, signature = _parts(file)
    into.mkdir(parents=True)
    (into / SIGNATURE).write_bytes(signature)
    _verify(payload, into / SIGNATURE, signers)
    source = into / "payload"
    try:
        with tarfile.open(fileobj=io.BytesIO(payload), mode="r:gz") as tar:
            for member in tar:
                path = PurePosixPath(member.name)
                data = tar.extractfile(member) if member.isreg() else None
                if data is None or path.is_absolute() or ".." in path.parts:
                    msg = f"{file.name}: {member.name}: has no place in an update"
                    raise InstallError(msg)
                (source / path).parent.mkdir(parents=True, exist_ok=True)
                (source / path).write_bytes(data.read())
    except (tarfile.TarError, EOFError, gzip.BadGzipFile) as error:
        msg = f"{file.name}: cannot be unpacked: {error}"
        raise InstallError(msg) from error
    return source


def pack(source: Path, files: list[Path], key: Path, out: Path, wheels: list[Path]) -> None:
    """Write a signed update of ``files`` below ``source``, and wheels. Raises ``InstallError``."""
    inner = io.BytesIO()
    named = [(file.as_posix(), source / file) for file in files]
    named += [(f"wheels/{wheel.name}", wheel) for wheel in wheels]
    with tarfile.open(fileobj=inner, mode="w:gz", compresslevel=6) as tar:
        for name, file in named:
            data = file.read_bytes()
            tar.addfile(_plain(name, len(data)), io.BytesIO(data))
    payload = inner.getvalue()
    command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", NAMESPACE]
    done = subprocess.run(command, input=payload, capture_output=True, check=False)
    if done.returncode:
        msg = f"{key}: cannot sign: {done.stderr.decode().strip()}"
        raise InstallError(msg)
    with tarfile.open(out, mode="w") as tar:
        for name, data in ((PAYLOAD, payload), (SIGNATURE, done.stdout)):
            tar.addfile(_plain(name, len(data)), io.BytesIO(data))


def _plain(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644
    return info


def _parts(file: Path) -> tuple[bytes, bytes]:
    try:
        with tarfile.open(file, mode="r:") as tar:
            members = {each.name: each for each in tar if each.isreg() and each.size <= LIMIT}
            if set(members) != {PAYLOAD, SIGNATURE}:
                msg = f"{file.name}: is no update of Mien"
                raise InstallError(msg)
            payload, signature = (tar.extractfile(members[n]) for n in (PAYLOAD, SIGNATURE))
            if payload is None or signature is None:
                msg = f"{file.name}: is no update of Mien"
                raise InstallError(msg)
            return payload.read(), signature.read()
    except tarfile.TarError as error:  # what the disk cannot read may be whole another time
        msg = f"{file}: cannot be read as an update: {error}"
        raise InstallError(msg) from error


def _verify(payload: bytes, signature: Path, signers: Path) -> None:
    command = ["ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", SIGNER, "-n", NAMESPACE]
    command += ["-s", str(signature)]
    done = subprocess.run(command, input=payload, capture_output=True, check=False)
    if done.returncode:
        msg = f"the signature is not by a key in {signers}: refused"
        raise InstallError(msg)
