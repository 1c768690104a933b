# Imports from __future__ that come too late, and the dialect of PEP 401.
for s in ['from __future__ import nested_scopes; import string; from __future__ import \\\n     nested_scopes\n', '"a"\n"b"\nfrom __future__ import annotations', '1\nfrom __future__ import annotations','"a";1;from __future__ import annotations', 'pass;from __future__ import annotations', 'from __future__ import annotations;pass\nfrom __future__ import annotations','from __future__ import (annotations,\n foo)']:
    try: compile(s,'x','exec')
    except SyntaxError as e: print(repr(s), e.args, e.lineno, e.offset, e.end_lineno, e.end_offset)
    else: print(repr(s),'ok')
import __future__
for op in '<>', '!=':
    for flags in 0, __future__.CO_FUTURE_BARRY_AS_BDFL:
        try: print(eval(compile(f'2 {op} 3', '<t>', 'eval', flags)))
        except SyntaxError as e: print(op, e.args)
