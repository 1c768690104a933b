# gc has one generation: every collection looks at all containers, so collect(0) frees what collect() frees, and new
# containers are found in generation 2, never in 0 or 1.
# Cause: collections are whole ones and rare, since reference counts free most garbage at once.
# Workaround: ask for gc.get_objects() without a generation.
import gc

gc.collect()
new = []
new.append(new)
print([any(o is new for o in gc.get_objects(generation=g)) for g in range(3)])
gc.collect(0)
gc.collect(1)
del new
print(gc.collect(0))

# Heddle prints:
# [False, False, True]
# 1
# CPython prints:
# [True, False, False]
# 0
