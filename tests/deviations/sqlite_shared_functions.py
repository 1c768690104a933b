# One SQLite connection may be used by several threads at a time, with Python functions inside the SQL. CPython 3.11
# deadlocks there: a thread inside a Python function holds SQLite's lock and waits for the GIL, one that has the GIL
# waits for SQLite's lock. Heddle's connection has a lock of its own, which is waited for outside Python. Workaround
# there: a lock around every use of the connection.
import sqlite3
import threading

con = sqlite3.connect(":memory:", check_same_thread=False)
con.create_function("double", 1, lambda x: x * 2)


class Sum:
    def __init__(self):
        self.total = 0

    def step(self, x):
        self.total += x

    def finalize(self):
        return self.total


con.create_aggregate("mysum", 1, Sum)
con.execute("create table t(n integer, who integer)")
errors = []


def work(who):
    try:
        for i in range(60):
            con.execute("insert into t values (double(?), ?)", (i, who))
            got = con.execute("select mysum(n) from t where who = ?", (who,)).fetchone()[0]
            if got != i * (i + 1):
                errors.append((who, i, got))
            list(con.execute("select n from t where who = ? limit 5", (who,)))
    except Exception as e:
        errors.append((who, repr(e)))


threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
con.commit()
print(errors, con.execute("select count(*), sum(n) from t").fetchone())

# a long query in one thread does not keep others from running
seen = []
con2 = sqlite3.connect(":memory:", check_same_thread=False)
started = threading.Event()


def long_query():
    started.set()
    con2.execute(
        "with recursive c(x) as (select 1 union all select x + 1 from c where x < 400000) select sum(x) from c"
    ).fetchall()
    seen.append("done")


thread = threading.Thread(target=long_query)
thread.start()
started.wait()
count = 0
while not seen:
    count += 1
thread.join()
print(count > 0)

# check_same_thread
con3 = sqlite3.connect(":memory:")
caught = []


def wrong():
    try:
        con3.execute("select 1")
    except sqlite3.ProgrammingError as e:
        caught.append(str(e)[:58])


thread = threading.Thread(target=wrong)
thread.start()
thread.join()
print(caught)

# Heddle prints:
# [] (360, 21240)
# True
# ['SQLite objects created in a thread can only be used in tha']
