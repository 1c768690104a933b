# types.UnionType: flattening, duplicates, None, comparison, isinstance, parameters.
import types, typing, weakref

T = typing.TypeVar("T"); U = typing.TypeVar("U")
u = int | str

def show(*expressions):
    for e in expressions:
        try:
            print(e, "->", repr(eval(e)))
        except Exception as x:
            print(e, "!!", type(x).__name__, x)

show("u", "u.__args__", "u.__parameters__", "int | None", "None | int", "int | None | str | int",
     "(int | str) | (float | str)", "int | int", "type(None) | None", "list[int] | list[int] | None", "int | 1", "int | 'x'",
     "u | 1", "1 | u", "u == (str | int)", "u != (str | int)", "u == (int | float)", "u == 1", "u < u",
     "hash(u) == hash(str | int) == hash(frozenset((int, str)))", "u[int]", "(list[T] | int)[str]",
     "(list[T] | int).__parameters__", "(list[T] | set[U])[int, str]", "(list[T] | None)[int].__args__", "type(u)()",
     "u.__module__", "u.foo", "u.__origin__", "u.__name__", "setattr(u, 'x', 1)", "weakref.ref(u)", "u.__reduce__()",
     "type.__or__(int, str)", "type.__or__(int, 1)", "type.__ror__(int, str)", "type(u) is types.UnionType")
show("isinstance(1, u)", "isinstance(1.5, u)", "isinstance(None, int | None)", "isinstance(1, (u, list))",
     "issubclass(bool, u)", "issubclass(float, u)", "issubclass(int, int | None)", "isinstance(1, int | list[int])",
     "isinstance('x', int | list[int])", "issubclass(str, int | list[int])", "issubclass(1, u)")
