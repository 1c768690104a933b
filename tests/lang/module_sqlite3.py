# sqlite3: types, parameters, rows, transactions, functions and hooks in Python, converters, errors, blobs, backup.
import sqlite3

con = sqlite3.connect(":memory:", detect_types=sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES)
con.execute("create table t(id integer primary key, i int, f real, s text, b blob, flag flag)")
sqlite3.register_converter("flag", lambda data: data == b"1")
class Point:
    def __init__(self, x, y): self.x, self.y = x, y
    def __conform__(self, protocol):
        if protocol is sqlite3.PrepareProtocol: return f"{self.x};{self.y}"
cur = con.cursor()
print(cur.execute("insert into t(i, f, s, b, flag) values (?, ?, ?, ?, ?)", (2**62, 1.5, "té\0xt", b"\0\xff", 1)).lastrowid)
print(cur.executemany("insert into t(i, s) values (:i, :s)", [{"i": n, "s": Point(n, -n)} for n in range(3)]).rowcount)
print(cur.execute("select * from t").fetchall(), [d[0] for d in cur.description], con.in_transaction, con.total_changes)
print(cur.execute('select i as "n [flag]" from t where id > 2').fetchmany(5), cur.description[0][0])
con.commit()
with con:
    con.execute("delete from t where id = 4")
try:
    with con:
        con.execute("delete from t")
        raise KeyError("undo")
except KeyError:
    print(con.execute("select count(*) from t").fetchone())

con.row_factory = sqlite3.Row
row = con.execute("select id, s as Name from t").fetchone()
print(row["name"], row[0], row.keys(), len(row), tuple(row), row == con.execute("select id, s as Name from t").fetchone(), row[-1:])
con.row_factory = lambda cursor, data: list(data)
print(con.execute("select 1, null, x'00'").fetchone())
con.row_factory = None
con.text_factory = bytes
print(con.execute("select 'text'").fetchone())
con.text_factory = str

class Longest:
    def __init__(self): self.best = ""
    def step(self, s): self.best = max(self.best, s or "", key=len)
    def inverse(self, s): pass
    def value(self): return self.best
    def finalize(self): return self.best
con.create_function("twice", 1, lambda x: x * 2, deterministic=True)
con.create_aggregate("longest", 1, Longest)
con.create_window_function("longest_w", 1, Longest)
con.create_collation("backwards", lambda a, b: (a < b) - (a > b))
print(con.execute("select twice(?), twice('ab'), longest(s) from t", (4,)).fetchone())
print(con.execute("select longest_w(s) over (order by id) from t").fetchall())
print([s for s, in con.execute("select s from t where id > 1 order by s collate backwards")])
con.create_function("fails", 0, lambda: 1 / 0)
statements = []
con.set_trace_callback(statements.append)
con.execute("select ?", (3,))
con.set_trace_callback(None)
print(statements)
con.set_authorizer(lambda action, *args: sqlite3.SQLITE_DENY if args[1] == "b" else sqlite3.SQLITE_OK)
for sql, parameters in (("select fails()", ()), ("select b from t", ()), ("select nope", ()), ("select ?", ()), ("select :a", {}),
                        ("select ?", (object(),)), ("insert into t(id) values (1)", ()), ("select 1; select 2", ()), ("select ?", 3)):
    try:
        con.execute(sql, parameters)
    except sqlite3.Error as e:
        print(type(e).__name__, str(e).split(" at 0x")[0], getattr(e, "sqlite_errorname", None))
con.set_authorizer(None)
for bad in (lambda: con.execute("select ?", (2**64,)), lambda: con.execute(3), lambda: con.executemany("select 1", []),
            lambda: con.execute("insert into t(s) values (?)", ("\ud800",)), lambda: setattr(con, "isolation_level", "x")):
    try:
        bad()
    except Exception as e:
        print(type(e).__name__, e)
with con.blobopen("t", "b", 1) as blob:
    blob[0] = 7
    blob.seek(1)
    blob.write(b"z")
    print(len(blob), blob[:], blob.tell())
other = sqlite3.connect(":memory:")
con.commit()
con.backup(other, pages=1, progress=lambda status, left, total: None)
print(list(other.iterdump())[-2:], len(other.serialize()) > 1000, other.getlimit(sqlite3.SQLITE_LIMIT_ATTACHED))
print(sqlite3.complete_statement("select 1;"), sqlite3.threadsafety, con.isolation_level, other.execute("select count(*) from t").fetchone())
other.executescript("create table u(x); insert into u values (1); insert into u values (2);")
print(other.execute("update u set x = x + 1 returning x").fetchall(), other.execute("-- nothing").fetchall())
other.close()
try:
    other.execute("select 1")
except sqlite3.ProgrammingError as e:
    print(e)
