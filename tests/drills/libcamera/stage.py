"""What a machine without a camera needs for the real picamera2 to run on libcamera's virtual one.

Run inside the root: ``python3 -m stage COMMAND ...`` is ``mien COMMAND ...`` on this stage. What is
replaced, and why (libcamera 0.4.0, picamera2 0.3.38):

- buffers come from ``memfd_create``, since there is no dma-heap, and have two planes, as NV12 has;
- there are no raw modes to choose from;
- the ISP, which turns NV12 into RGB here, because the virtual pipeline gives nothing else.

Also needed, in the environment: ``MALLOC_PERTURB_=255`` and a malloc without its thread caches. The
virtual pipeline never sets a frame's status, and memory that is 0 reads as "success".
"""

from __future__ import annotations

import mmap
import os
import sys

import cv2
import libcamera
import numpy as np  # noqa: TC002 - as the rest
import picamera2.allocators.dmaallocator as dma
from picamera2 import Picamera2
from picamera2.request import CompletedRequest

SIZE = (640, 480)


class _Heap:
    """A heap that is always there; the buffers themselves come from ``_allocate``."""

    isValid = True  # noqa: N815 - picamera2's word

    def close(self) -> None:
        """There is nothing to close."""


class _NoIoctl:
    """memfd buffers need no flushing of caches."""

    @staticmethod
    def ioctl(*_: object) -> int:
        return 0


def _allocate(self: dma.DmaAllocator, streams: object, _: object) -> None:
    self.libcamera_fds = []
    self.cleanup()
    for number in self.open_fds:
        os.close(number)
    self.frame_buffers, self.open_fds = {}, []
    for stream in streams:
        buffers = []
        for _each in range(stream.buffer_count):
            number = os.memfd_create("frame")
            os.ftruncate(number, stream.frame_size)
            luma = stream.stride * stream.size.height
            planes = []
            for offset, length in ((0, luma), (luma, luma // 2)):
                plane = libcamera.FrameBuffer.Plane()
                plane.fd, plane.offset, plane.length = number, offset, length
                planes.append(plane)
            buffer = libcamera.FrameBuffer(planes)
            self.open_fds.append(number)
            self.libcamera_fds.append(planes[0].fd)
            self.mapped_buffers_used[planes[0].fd] = False
            self.mapped_buffers[buffer] = mmap.mmap(number, stream.frame_size)
            buffers.append(buffer)
        self.frame_buffers[stream.stream] = buffers


def isp() -> None:
    """Stand in for the ISP: the main stream comes out as RGB."""
    raw_array = CompletedRequest.make_array
    raw_configuration = Picamera2.camera_configuration

    def make_array(self: CompletedRequest, name: str) -> np.ndarray:
        array = raw_array(self, name)
        return cv2.cvtColor(array, cv2.COLOR_YUV2RGB_NV12) if name == "main" else array

    def camera_configuration(self: Picamera2) -> dict[str, object]:
        given = raw_configuration(self)
        return {**given, "main": {**given["main"], "format": "BGR888"}}

    CompletedRequest.make_array = make_array
    Picamera2.camera_configuration = camera_configuration


dma.DmaHeap, dma.fcntl, dma.DmaAllocator.allocate = _Heap, _NoIoctl, _allocate
Picamera2._get_raw_modes = lambda _: [{"format": "NV12", "size": SIZE}]

if __name__ == "__main__":
    from edge.__main__ import main

    isp()
    sys.exit(main(sys.argv[1:]))
