"""Pickling for worker processes: functions by value, long buffers through shared memory.

A function that the other side can import goes by name, as ever. Lambdas, closures, local functions and those of
``__main__`` go by value: their code (marshal), the globals that the code names, defaults and closure. Functions of one
pickle that share globals or cells share them on the other side too.

``bytes`` and ``bytearray`` of SHARE_FROM bytes and more, and the buffers of arrays and memoryviews, are not copied
through a pipe: they are put into memory without a name (memfd), of which the descriptor is sent.
"""
import _parallel
import builtins
import io
import marshal
import sys
import traceback
from _pickle import PickleBuffer, Pickler as _Pickler, loads as _loads
from types import CellType, FunctionType, ModuleType

SHARE_FROM = 128 * 1024
MOST_SHARED = 100  # descriptors of one pickle; what is beyond goes through the pipe
_SIMPLE = (int, float, str, bool, type(None))


class RemoteTraceback(Exception):
    """The traceback of an exception that a worker process raised; the ``__cause__`` of that exception."""

    def __str__(self):
        return self.args[0]


class RemoteError(RuntimeError):
    """Stands for an exception (or a result) that could not be sent from a worker process as it was."""


# --- functions by value ---

def _by_name(function):
    """Whether the other side finds the function where it says that it lives."""
    module, name = function.__module__, function.__qualname__
    if module is None or module == "__main__" or "<" in name:
        return False
    found = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is function


_GLOBAL = ("LOAD_GLOBAL", "LOAD_NAME")  # how the instructions begin that may read one
_names = {}  # code object -> names of globals that it uses


def _globals_used(code):
    names = _names.get(code)
    if names is None:
        import dis
        names = {i.argval for i in dis.get_instructions(code) if i.opname.startswith(_GLOBAL)}
        for constant in code.co_consts:
            if isinstance(constant, type(code)):
                names |= _globals_used(constant)
        if len(_names) > 1000:
            _names.clear()
        _names[code] = names
    return names


class _Globals:
    """In a pickle: the globals that functions share, made empty and filled by each function."""

    def __init__(self, name):
        self.name = name

    def __reduce__(self):
        return _make_globals, (self.name,)


def _make_globals(name):
    return {"__name__": name, "__builtins__": builtins}


def _make_cell():
    return CellType()


def _make_function(code, namespace, name, cells):
    return FunctionType(marshal.loads(code), namespace, name, None, cells)


def _fill_function(function, state):
    used, contents, attributes, own = state
    function.__globals__.update(used)
    for cell, value in zip(function.__closure__ or (), contents):
        if value:
            cell.cell_contents = value[0]
    for name, value in attributes.items():
        setattr(function, name, value)
    function.__dict__.update(own)


def _reduce_cell(cell):
    return _make_cell, ()


def _reduce_function(pickler, function):
    code, space = function.__code__, function.__globals__
    shared = pickler.spaces.get(id(space))
    if shared is None:
        shared = pickler.spaces[id(space)] = _Globals(space.get("__name__", "__main__"))
    used = {name: space[name] for name in _globals_used(code) if name in space}
    contents = []
    for cell in function.__closure__ or ():
        try:
            contents.append((cell.cell_contents,))
        except ValueError:  # empty
            contents.append(None)
    attributes = {name: getattr(function, name) for name in
                  ("__defaults__", "__kwdefaults__", "__module__", "__qualname__", "__doc__", "__annotations__")}
    return (_make_function, (marshal.dumps(code), shared, function.__name__, function.__closure__),
            (used, contents, attributes, function.__dict__), None, None, _fill_function)


def _import_module(name):
    __import__(name)
    return sys.modules[name]


# --- buffers ---

def _make_view(data, form, shape):
    view = memoryview(data)
    return view.cast(form, shape) if form != "B" or len(shape) != 1 else view


def _reduce_view(view):
    if not view.c_contiguous:
        return _make_view, (view.tobytes(), view.format, view.shape)
    return _make_view, (PickleBuffer(view.cast("B") if view.ndim != 1 or view.format != "B" else view),
                        view.format, view.shape)


def _make_array(code, data):
    from array import array
    result = array(code)
    result.frombytes(data)
    return result


class Pickler(_Pickler):
    """Writes to `file`; long buffers go to the list `shared`, or into the file as well when that is None."""

    def __init__(self, file, shared):
        self.spaces = {}
        if shared is None:
            super().__init__(file, 5)
            return

        def callback(buffer):
            size = buffer.raw().nbytes if type(buffer) is PickleBuffer else len(buffer)
            if size < SHARE_FROM or len(shared) >= MOST_SHARED:
                return True
            shared.append(buffer)

        super().__init__(file, 5, buffer_callback=callback)
        self._out_of_band = SHARE_FROM

    def reducer_override(self, value):
        kind = type(value)
        if kind is FunctionType:
            return NotImplemented if _by_name(value) else _reduce_function(self, value)
        if kind is CellType:
            return _reduce_cell(value)
        if kind is ModuleType:
            return _import_module, (value.__name__,)
        if kind is memoryview:
            return _reduce_view(value)
        if kind.__name__ == "array" and kind.__module__ == "array" and len(value) * value.itemsize >= SHARE_FROM:
            return _make_array, (value.typecode, PickleBuffer(memoryview(value).toreadonly()))
        return NotImplemented


def dumps(value):
    """(pickle, kinds of the shared buffers or None, their descriptors), descriptors being the caller's to close."""
    file, shared = io.BytesIO(), []
    Pickler(file, shared).dump(value)
    if not shared:
        return file.getvalue(), None, ()
    kinds, descriptors = [], []
    try:
        for buffer in shared:
            if type(buffer) is PickleBuffer:
                view = buffer.raw()
                kinds.append((not view.readonly, view.nbytes))
            else:
                view = buffer
                kinds.append((type(buffer) is bytearray, len(buffer)))
            descriptors.append(_parallel.share(view))
    except BaseException:
        close(descriptors)
        raise
    return file.getvalue(), tuple(kinds), tuple(descriptors)


def loads(data, kinds, descriptors):
    """The value; takes the descriptors over."""
    if not kinds:
        return _loads(data)
    left = list(descriptors)
    buffers = []
    try:
        for writable, length in kinds:
            value = _parallel.adopt(left[0], length)
            del left[0]
            buffers.append(bytearray(value) if writable else value)
    finally:
        close(left)
    return _loads(data, buffers=buffers)


def close(descriptors):
    import os
    for descriptor in descriptors:
        os.close(descriptor)


# --- what became of a task ---

def dump_failure(exception):
    """The pickle of (exception, text of its traceback)."""
    text = "".join(traceback.format_exception(exception))
    try:
        data = dumps_plain((exception, text))
        _loads(data)
    except Exception:
        stand_in = RemoteError(f"{type(exception).__module__}.{type(exception).__qualname__}: {exception}")
        data = dumps_plain((stand_in, text))
    return data


def dumps_plain(value):
    """A pickle without anything beside it."""
    file = io.BytesIO()
    Pickler(file, None).dump(value)
    return file.getvalue()


def load_failure(data):
    exception, text = _loads(data)
    exception.__cause__ = RemoteTraceback(f'\n"""\n{text}"""')
    return exception


def dump_result(value):
    """As dumps; quick for the simplest values."""
    if type(value) in _SIMPLE:
        return marshal.dumps(value), 0, ()
    return dumps(value)


def load_result(data, kinds, descriptors):
    return marshal.loads(data) if kinds == 0 else loads(data, kinds, descriptors)
