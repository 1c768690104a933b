# A generator is called what its function is called when it is made, whatever either is called later.


def numbers():
    yield 1


async def coroutine():
    return 1


async def async_numbers():
    yield 1


def show(made):
    print(made.__name__, made.__qualname__, repr(made).split(" at ")[0])


for function in numbers, coroutine, async_numbers:
    before = function()
    show(before)
    function.__name__ = "other"
    after = function()
    function.__qualname__ = "Some.other"
    last = function()
    show(before)
    show(after)
    show(last)
    last.__name__ = "mine"
    show(last)
    last.__qualname__ = "My.own"
    show(last)
    for made in before, after, last:
        if hasattr(made, "close"):
            made.close()
            show(made)


class Class:
    def method(self):
        yield (lambda: (yield))()


inner = next(Class().method())
show(Class().method())
show(inner)
show(i for i in ())
