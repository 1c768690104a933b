"""Stand-in for CPython's C test module of this name: the few facts that its test files ask of the runtime."""


def get_config():
    return {"code_debug_ranges": 1}
