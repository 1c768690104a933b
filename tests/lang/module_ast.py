"""The classes of the module _ast: fields, attributes, documentation, construction, and its errors."""
import _ast
import ast
import copy
import pickle


def attempt(function):
    try:
        result = function()
    except Exception as e:
        print(type(e).__name__, e)
    else:
        print(result)


classes = [(name, value) for name, value in vars(_ast).items() if isinstance(value, type) and issubclass(value, ast.AST)]
for name, cls in classes:
    print(name, cls, cls.__module__, cls.__qualname__, cls.__bases__, cls._fields, cls._attributes, cls.__match_args__)
    print(cls.__doc__)
    print({k: v for k, v in vars(cls).items() if k not in ("__weakref__", "__module__", "__doc__", "__new__") and (v is None or isinstance(v, (tuple, str)))})
print({name: value for name, value in vars(_ast).items() if name.startswith("PyCF")})

print("-- making nodes")
attempt(lambda: vars(ast.BinOp()))
attempt(lambda: vars(ast.BinOp(1, 2, 3)))
attempt(lambda: vars(ast.BinOp(1, 2, right=4, lineno=5, odd=6)))
attempt(lambda: ast.BinOp(1, 2, 3, 4))
attempt(lambda: ast.Expr(1, 2))
attempt(lambda: ast.Pass(1))
attempt(lambda: ast.BinOp(1, left=2))
attempt(lambda: ast.BinOp().left)
attempt(lambda: ast.Return().value)
attempt(lambda: ast.Pass().end_lineno)
attempt(lambda: ast.Pass().lineno)
attempt(lambda: ast.AST(x=1).x)
attempt(lambda: ast.AST(1))


class Mine(ast.AST):
    _fields = ["a", "b"]
    c = 5


class Other(ast.BinOp):
    def __init__(self, *args):
        super().__init__(*args)
        self.extra = len(args)


attempt(lambda: (vars(Mine(1, 2)), Mine(1, b=2).c, ast.dump(Mine(1, b=2))))
attempt(lambda: Mine(1, 2, 3))
attempt(lambda: Mine(1, a=3))
attempt(lambda: vars(Other(1, 2)))

print("-- what nodes are like")
node = ast.parse("f(x, y=[1, None])")
print(ast.dump(node) == ast.dump(copy.deepcopy(node)) == ast.dump(pickle.loads(pickle.dumps(node))))
print(ast.Name("x", 1).__reduce__()[1:], ast.Name("x", 1).__reduce_ex__(2)[1:])
print(ast.parse("a").body[0].value.ctx is ast.parse("b").body[0].value.ctx)
ast.Add.symbol = "+"
print(ast.Add().symbol, ast.parse("1 + 2").body[0].value.op.symbol)
del ast.Add.symbol
ast.AST.mark = 7
print(ast.Pass().mark)
del ast.AST.mark
match ast.parse("1 + x").body[0]:
    case ast.Expr(ast.BinOp(ast.Constant(n), ast.Add(), ast.Name(id=name))):
        print(n, name)
node = ast.Pass()
node.__dict__["lineno"] = 3
print(node.lineno, node.__dict__)
node.__dict__ = {"col_offset": 4}
print(node.col_offset, hasattr(node, "lineno"))
attempt(lambda: isinstance(ast.Constant(1), ast.Num) and not isinstance(ast.Constant("1"), ast.Num))

print("-- source to tree")
print(ast.dump(compile("(int, *str, **dict) -> list", "f", "func_type", ast.PyCF_ONLY_AST)))
print(ast.dump(compile("x, y", "f", "eval", ast.PyCF_ONLY_AST)))
print(ast.dump(compile("x; y", "f", "single", ast.PyCF_ONLY_AST)))
print(ast.dump(ast.parse("ä = 'ö' + b", mode="exec"), include_attributes=True))
print(ast.literal_eval("{'a': [1, -2.5, 3j, (4 + 5j)], 'b': ({6}, b'7', None, True, ...)}"))
print(ast.unparse(ast.parse("def f(a, /, b: int = 1, *c, d=2, **e) -> x: return f'{a!r:>{b}}' if b else (yield)")))
attempt(lambda: compile("x", "f", "func_type"))
attempt(lambda: compile("x", "f", "wrong", ast.PyCF_ONLY_AST))
attempt(lambda: compile("x", "f", "wrong"))
attempt(lambda: compile(5, "f", "exec"))
attempt(lambda: compile("x", "f", "exec", 1 << 30))

print("-- tree to code")
exec(compile(ast.parse("def g(n): return [i * n for i in range(4)]\nprint(g(3))"), "f", "exec"))
print(eval(compile(ast.Expression(ast.Constant((1, frozenset([2]), 10**30), lineno=1, col_offset=0)), "f", "eval")))
exec(compile(ast.parse("6 * 7", mode="single"), "f", "single"))
code = compile(ast.parse('"doc"\ndef h():\n  "inner"'), "f", "exec")
space = {}
exec(code, space)
print(space["__doc__"], space["h"].__doc__)
node = ast.parse("x")
print(compile(node, "f", "exec", ast.PyCF_ONLY_AST) is node)
