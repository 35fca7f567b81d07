"""The runtime's C API from Python, by ctypes: artifacts, sessions, NumPy arrays.

    import tercet
    tercet.compile_file("build/bin", "model.mlir", "model.tercet", "--target=cpu:host")
    model = tercet.Artifact("model.tercet", threads=2, library=tercet.find_library("build/bin"))
    session = model.session()
    results = session.call("layer", {"x": x})    # {"y": array}

One file to copy; it needs NumPy and libtercet-runtime.so, whose path is `library`, or else in
TERCET_RUNTIME, or left to the system's loader. What fails raises `tercet.Error` with the runtime's sentence. Sessions
of an artifact may run in different threads, each session in one at a time.
"""

import ctypes
import os
import pathlib
import subprocess

import numpy

_P, _SIZE, _I64 = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64


class Error(Exception):
    """What a status of the runtime says."""


class _DataType(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16)]


class _Tensor(ctypes.Structure):  # DLTensor
    _fields_ = [("data", _P), ("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32),
                ("ndim", ctypes.c_int32), ("dtype", _DataType), ("shape", ctypes.POINTER(_I64)),
                ("strides", ctypes.POINTER(_I64)), ("byte_offset", ctypes.c_uint64)]


class _TensorInfo(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("dtype", _DataType), ("ndim", ctypes.c_int32),
                ("bounds", ctypes.POINTER(_I64)), ("is_dynamic", ctypes.POINTER(ctypes.c_uint8))]


class _StateInfo(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("dtype", _DataType), ("ndim", ctypes.c_int32),
                ("shape", ctypes.POINTER(_I64)), ("bytes", ctypes.c_uint64)]


class _DeviceOptions(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint32), ("threads", ctypes.c_int32)]


_DTYPES = {(0, 8): "int8", (0, 32): "int32", (0, 64): "int64", (1, 8): "uint8", (2, 16): "float16",
           (2, 32): "float32", (2, 64): "float64"}
_CODES = {numpy.dtype(name): code for code, name in _DTYPES.items()}
_CPU = 1


def _dtype(given):
    name = _DTYPES.get((given.code, given.bits))
    if name is None:
        raise Error(f"NumPy has no type for DLPack's {given.code}, {given.bits} bits")
    return numpy.dtype(name)


def _tensor(array):
    code, bits = _CODES.get(array.dtype) or (0, 0)
    if not bits:
        raise Error(f"arrays of {array.dtype} cannot be passed")
    shape = (_I64 * max(array.ndim, 1))(*array.shape)
    return _Tensor(array.ctypes.data, _CPU, 0, array.ndim, _DataType(code, bits, 1), shape, None, 0)


def _load(path):
    """The library, with the types of what is used of it."""
    path = path or os.environ.get("TERCET_RUNTIME", "libtercet-runtime.so")
    try:
        library = ctypes.CDLL(str(path))
    except OSError as error:
        raise Error(f"{error}; give the path of libtercet-runtime.so, or set TERCET_RUNTIME") from None
    for name, result, *arguments in [
            ("status_message", ctypes.c_char_p, _P), ("status_free", None, _P),
            ("artifact_open", _P, ctypes.c_char_p, _P, _P), ("artifact_close", None, _P),
            ("artifact_entry_count", _SIZE, _P), ("artifact_entry_name", ctypes.c_char_p, _P, _SIZE),
            ("artifact_input_count", _SIZE, _P, _SIZE), ("artifact_output_count", _SIZE, _P, _SIZE),
            ("artifact_input", None, _P, _SIZE, _SIZE, _P), ("artifact_output", None, _P, _SIZE, _SIZE, _P),
            ("artifact_state_count", _SIZE, _P), ("artifact_state", None, _P, _SIZE, _P),
            ("device_open", _P, ctypes.c_char_p, _P, _P),
            ("device_open_plugin", _P, ctypes.c_char_p, ctypes.c_char_p, _P), ("device_close", None, _P),
            ("session_create", _P, _P, _P, _P, _P), ("session_free", None, _P),
            ("session_target", ctypes.c_char_p, _P), ("session_memory", _SIZE, _P),
            ("session_call", _P, _P, ctypes.c_char_p, _P, _SIZE, _P, _SIZE),
            ("session_state_reset", _P, _P), ("session_state_save", _P, _P, ctypes.c_char_p),
            ("session_state_restore", _P, _P, ctypes.c_char_p),
            ("session_state_read", _P, _P, _SIZE, _P, _SIZE)]:
        function = getattr(library, "tercet_" + name)
        function.restype, function.argtypes = result, arguments
    return library


class Artifact:
    """A .tercet file, opened, with a device to run it on."""

    def __init__(self, path, device="cpu", threads=0, library=None, plugin=None):
        self._library = _load(library)
        self._artifact, self._device = _P(), _P()
        self._check(self._library.tercet_artifact_open(
            os.fsencode(path), None, ctypes.byref(self._artifact)))
        if plugin:
            self._check(self._library.tercet_device_open_plugin(
                os.fsencode(plugin), device.encode(), ctypes.byref(self._device)))
        else:
            options = _DeviceOptions(ctypes.sizeof(_DeviceOptions), threads)
            self._check(self._library.tercet_device_open(
                device.encode(), ctypes.byref(options), ctypes.byref(self._device)))
        self.entries = {}
        for i in range(self._library.tercet_artifact_entry_count(self._artifact)):
            name = self._library.tercet_artifact_entry_name(self._artifact, i).decode()
            self.entries[name] = [self._signature(i, kind) for kind in ("input", "output")]
        self.states = {}
        for i in range(self._library.tercet_artifact_state_count(self._artifact)):
            info = _StateInfo()
            self._library.tercet_artifact_state(self._artifact, i, ctypes.byref(info))
            self.states[info.name.decode()] = (i, _dtype(info.dtype), tuple(info.shape[: info.ndim]))

    def _signature(self, entry, kind):
        """(name, dtype) of the inputs or outputs of an entry point."""
        described = []
        for i in range(getattr(self._library, f"tercet_artifact_{kind}_count")(self._artifact, entry)):
            info = _TensorInfo()
            getattr(self._library, f"tercet_artifact_{kind}")(self._artifact, entry, i, ctypes.byref(info))
            described.append((info.name.decode(), _dtype(info.dtype)))
        return described

    def _check(self, status):
        if not status:
            return
        text = self._library.tercet_status_message(status).decode()
        self._library.tercet_status_free(status)
        raise Error(text)

    def session(self):
        return Session(self)

    def __del__(self):
        # Sessions hold the artifact, so none is left.
        if getattr(self, "_device", None):
            self._library.tercet_device_close(self._device)
        if getattr(self, "_artifact", None):
            self._library.tercet_artifact_close(self._artifact)


class Session:
    """Calls entry points; has the states of the model."""

    def __init__(self, artifact):
        self.artifact, self._library, self._check = artifact, artifact._library, artifact._check
        self._session = _P()
        self._check(self._library.tercet_session_create(
            artifact._artifact, artifact._device, None, ctypes.byref(self._session)))

    @property
    def target(self):
        return self._library.tercet_session_target(self._session).decode()

    @property
    def memory(self):
        """Bytes planned: arena and states."""
        return self._library.tercet_session_memory(self._session)

    def call(self, entry, inputs=None):
        """Results by name, as copies; `inputs` by name. Arrays get the type of the signature."""
        if entry not in self.artifact.entries:
            raise Error(f'no entry point "{entry}"; there are {", ".join(self.artifact.entries)}')
        wanted, given = self.artifact.entries[entry]
        inputs = dict(inputs or {})
        if set(inputs) != {name for name, _ in wanted}:
            raise Error(f'"{entry}" takes {", ".join(name for name, _ in wanted) or "nothing"}, '
                        f'got {", ".join(inputs) or "nothing"}')
        # The arrays live until the call is done. (ascontiguousarray would give a scalar an axis.)
        arrays = [numpy.asarray(inputs[name], dtype=dtype, order="C") for name, dtype in wanted]
        ins = (_Tensor * max(len(arrays), 1))(*map(_tensor, arrays))
        outs = (_Tensor * max(len(given), 1))()
        self._check(self._library.tercet_session_call(
            self._session, entry.encode(), ins, len(arrays), outs, len(given)))
        return {name: _copy(out) for (name, _), out in zip(given, outs)}

    def state(self, name):
        """A copy of a state."""
        if name not in self.artifact.states:
            raise Error(f'no state "{name}"; there are {", ".join(self.artifact.states) or "none"}')
        number, dtype, shape = self.artifact.states[name]
        array = numpy.empty(shape, dtype)
        self._check(self._library.tercet_session_state_read(
            self._session, number, array.ctypes.data, array.nbytes))
        return array

    def reset(self):
        self._check(self._library.tercet_session_state_reset(self._session))

    def save(self, path):
        self._check(self._library.tercet_session_state_save(self._session, os.fsencode(path)))

    def restore(self, path):
        self._check(self._library.tercet_session_state_restore(self._session, os.fsencode(path)))

    def __del__(self):
        if getattr(self, "_session", None):
            self._library.tercet_session_free(self._session)


def _copy(tensor):
    shape = tuple(tensor.shape[: tensor.ndim])
    dtype = _dtype(tensor.dtype)
    size = dtype.itemsize * int(numpy.prod(shape, dtype=numpy.int64))
    data = ctypes.string_at(tensor.data, size) if size else b""
    return numpy.frombuffer(data, dtype).reshape(shape).copy()


def compile_file(tools, source, output, *options):
    """Runs the tercet-compile of a folder of tools, such as build/bin."""
    command = [pathlib.Path(tools) / "tercet-compile", source, *options, "-o", output]
    try:
        result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    except OSError as error:
        raise Error(f"{command[0]}: {error.strerror}") from None
    if result.returncode:
        raise Error(result.stderr.strip())


def find_library(tools):
    """The runtime beside a folder of tools, such as build/bin."""
    return pathlib.Path(tools).resolve().parent / "lib" / "libtercet-runtime.so"
