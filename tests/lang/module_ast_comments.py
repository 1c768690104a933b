"""Type comments in syntax trees: where they may stand, `# type: ignore`, and what is an error."""
import ast

SOURCES = [
    "x = 1 # type: int\n",
    "x = 1 #type:int",
    "x = 1 #\ttype:\t list [ int ] # more \n",
    "x = 1 # Type: int",
    "x = 1 # type : int",
    "x = 1 # type: ",
    "a = b = 1 # type: int",
    "a, *b = c # type: int, str",
    "x += 1 # type: int",
    "x: int = 1 # type: int",
    "a # type: int",
    "x = (1, # type: int\n2)",
    "with (a as b, c): # type: int\n pass",
    "with a as b: # type: int\n pass",
    "with (a): # type: int\n pass",
    "async def f():\n with a: # type: int\n  async with b: # type: str\n   async for c in d: # type: b\n    pass",
    "for x in y: # type: int\n pass",
    "for x in y: # type: int\n # type: str\n pass",
    "for x in y:\n # type: int\n pass",
    "while x: # type: int\n pass",
    "def f(a, # type: int\n b): pass",
    "def f(a, # type: int\n b=1 # type: str\n  ): pass",
    "def f(a # type: int\n , b): pass",
    "def f(a, # type: int\n *, # type: int\n c): pass",
    "def f(*, # type: int\n **c): pass",
    "def f(a, # type: int\n *b, # type: int\n c=3, # type: x\n d, # type: y\n **e # type: str\n): pass",
    "def f(a, # type: int\n *b, # type: int\n **c, # type: str\n): pass",
    "def f(a, # type: int\n /, # type: int\n *b # type: int\n ): pass",
    "def f(a, # type: int\n /, b # type: int\n ): pass",
    "def f(a): # type: (int) -> str\n pass",
    "def f(a):\n  # type: (int) -> str\n pass",
    "def f(a): # type: (int) -> str\n  # type: str\n pass",
    "def f(a):\n  # type: int\n  # type: str\n pass",
    "def f(a): # type: int\n  # comment\n pass",
    "def f(a): # comment\n  # type: int\n pass",
    "def f(a): pass # type: int",
    "async def f(a) -> b:\n  # type: (int) -> str\n pass",
    "class C: # type: int\n pass",
    "class C:\n # type: int\n pass",
    "lambda a, # type: int\n b: 1",
    "(lambda a, # type: int\n b: 1)",
    "# type: int\n",
    "# type: ignore\nx # type: ignore[abc]\n",
    "x # type: ignore @ foo\n\n   # type:ignore\n#type:    ignore",
    "x # type: ignored",
    "x # type: ignore_it\ny # type: ignoré",
    "if x: # type: ignore\n  # type: ignore\n y",
    "if x:\n  y # type: ignore\n# type: ignore\n  z\n # type: ignore more",
    "[1, # type: int\n2]",
    "[1, # type: ignore\n # type: ignore[x]\n2]",
    "f'{x}' # type: ignore\nf'''{\nx}''' # type: ignore\n",
    "x = '# type: int'",
    "x = \\\n 1 # type: int",
    "ä = 'ö' # type: ü\n",
]
for source in SOURCES:
    print(repr(source))
    for comments in (True, False):
        try:
            print(ast.dump(ast.parse(source, type_comments=comments), include_attributes=True))
        except SyntaxError as e:
            print(type(e).__name__, e.msg, e.lineno, e.offset, e.end_lineno, e.end_offset, repr(e.text))
for mode in "eval", "single":
    print(ast.dump(compile("x # type: ignore", "f", mode, ast.PyCF_ONLY_AST | ast.PyCF_TYPE_COMMENTS)))
tree = ast.parse(SOURCES[0], type_comments=True)
tree.body[0].type_comment = "other"
exec(compile(tree, "f", "exec"))
print(x, ast.unparse(tree))
