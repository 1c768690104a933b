# dict's own methods on an OrderedDict. CPython keeps the order beside the table, so that what dict.__delitem__ or
# dict.pop takes out leaves a hole: looking at the order then raises KeyError, and a key put in by dict.__setitem__ has
# no place in it. Here the table itself is the order, so that both methods agree. Workaround: none is needed.
from collections import OrderedDict

d = OrderedDict(a=1, b=2)
dict.__delitem__(d, 'a')
dict.__setitem__(d, 'c', 3)
try:
    print(d)
except KeyError as error:
    print('KeyError', error)
# Heddle prints:
# OrderedDict([('b', 2), ('c', 3)])
# CPython prints:
# KeyError 'a'
