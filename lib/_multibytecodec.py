"""The base classes of the East Asian codecs, for programs that ask whether a codec is one of them.

The codecs themselves (`_codecs_cn`, `_codecs_hk`, `_codecs_iso2022`, `_codecs_jp`, `_codecs_kr`, `_codecs_tw`) are missing:
importing one raises ModuleNotFoundError. Nothing is derived from these classes then, and making one says so.
"""


class _Missing:
    def __new__(cls, *args, **kwargs):
        raise NotImplementedError(f"{cls.__name__}: this runtime has no East Asian codecs")


class MultibyteIncrementalEncoder(_Missing):
    pass


class MultibyteIncrementalDecoder(_Missing):
    pass


class MultibyteStreamReader(_Missing):
    pass


class MultibyteStreamWriter(_Missing):
    pass
