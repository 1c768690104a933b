# types.GenericAlias: attributes, forwarding, substitution, unpacking, calls, errors.
import copy, pickle, types, typing, weakref

T = typing.TypeVar("T"); U = typing.TypeVar("U"); Ts = typing.TypeVarTuple("Ts"); P = typing.ParamSpec("P")
a = list[int]

def show(*expressions):
    for e in expressions:
        try:
            print(e, "->", repr(eval(e)))
        except Exception as x:
            print(e, "!!", type(x).__name__, x)

show("a", "a.__origin__", "a.__args__", "a.__parameters__", "a.__unpacked__", "tuple[()]", "dict[int, list[str]]",
     "list[...]", "list[[int, str]]", "types.GenericAlias(1, 2)", "types.GenericAlias(list, (1, 'a', None, ...))",
     "types.GenericAlias(list)", "types.GenericAlias(a=1)", "a.__foo__", "a.append", "a.__mro_entries__(())",
     "a.__class__", "a()", "isinstance(1, a)", "issubclass(int, a)", "a == list[int]", "a == list[str]", "a != 1",
     "hash(a) == hash(list[int]) == hash(list) ^ hash((int,))", "setattr(a, 'foo', 1)", "delattr(a, '__origin__')",
     "a.__doc__ == list.__doc__", "a.__class_getitem__(str)", "a | None", "None | a", "a | a", "a | 1", "a.__reduce__()",
     "copy.copy(a)", "copy.deepcopy(a)", "pickle.loads(pickle.dumps(a)) == a", "weakref.ref(a)() is a",
     "sorted(set(dir(a)) - set(dir(list)))", "a[str]", "a[()]", "bool(a)", "len(a)")
show("list(tuple[int, ...])", "list(a)[0].__unpacked__", "list(a)[0] == a", "list(a)[0].__typing_unpacked_tuple_args__",
     "list(tuple[int, str])[0].__typing_unpacked_tuple_args__", "type(iter(a)).__name__", "iter(a).__reduce__()",
     "pickle.loads(pickle.dumps(list(a)[0])) == list(a)[0]")
show("list[T][int]", "dict[T, U][int, str]", "dict[T, U][int]", "dict[T, list[T]][int]", "dict[U, T].__parameters__",
     "tuple[T, *Ts][int, str, float]", "tuple[*Ts][int, str]", "tuple[*Ts][()]", "tuple[T, *tuple[int, ...]][str]",
     "list[T | int][str]", "list[T][int, str]", "tuple[T, T][int]", "tuple[*Ts].__parameters__",
     "list[typing.List[T]][int]", "list[typing.Callable[P, T]].__parameters__",
     "list[typing.Callable[P, T]][[int, str], str]", "dict[P, T][[int], str]", "list[T]['X']", "tuple[T, *Ts, U][int]",
     "tuple[*Ts, T][*tuple[int, ...], str]", "tuple[T, *Ts][*tuple[int, ...]]", "list[T][*tuple[int]]",
     "list[T][*tuple[int, str]]", "list[[T]].__parameters__", "list[T][()]", "list[P][int, str]", "list[T][list[T]][int]")

class G(list[int]):
    pass
class C:
    __class_getitem__ = classmethod(types.GenericAlias)
class D(types.GenericAlias):
    pass
print(G.__bases__, G.__orig_bases__, C[int]().__orig_class__, C[int].__module__, D(list, int), type(D(list, T)[int]))
