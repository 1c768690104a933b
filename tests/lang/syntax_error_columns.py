# Columns of errors in source given as bytes: in bytes without an encoding, in characters with one.
for s in ('x = "éé" + $', 'x = "éé" + )', 'x = "éé" +', 'é = é é', 'é $', '"éé', 'éé = (', 'é = 1 +\n'):
    for b in (s, s.encode(), b'# coding: utf-8\n'+s.encode()):
        try: compile(b,'<f>','exec')
        except SyntaxError as e: print(type(b), s, e.args)
