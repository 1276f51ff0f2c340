"""In place of kms, which draws on screens: there is none, and picamera2 imports it all the same."""


class _Formats:
    def __getattr__(self, name: str) -> str:
        return name


PixelFormat = _Formats()
