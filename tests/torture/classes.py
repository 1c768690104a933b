"""All threads change the same class, its instances and its subclasses while they use them."""
import gc

from harness import Random, Torture

torture = Torture()


def one_round(rng):
    class Base:
        shared = 0

        def method(self):
            return "base"

        @property
        def value(self):
            return "property"

        def __len__(self):
            return 1

    class Left(Base):
        pass

    class Right(Base):
        pass

    class Slotted:
        __slots__ = ("a", "b")

    class Leaf(Left, Right):
        def super_method(self):
            return super().method()

    instances = [Leaf() for _ in range(4)]
    slotted = Slotted()
    answers = {"base", "left", "leaf", "lambda"}

    def use(seed):
        random_ = Random(seed)
        for _ in range(400):
            what, one = random_.randrange(27), random_.choice(instances)
            name = random_.choice("abcdefghijklmnop")
            try:
                if what == 0:
                    Base.method = lambda self: "lambda"
                elif what == 1:
                    Left.method = lambda self: "left"
                elif what == 2:
                    del Left.method
                elif what == 3:
                    Leaf.method = lambda self: "leaf"
                elif what == 4:
                    del Leaf.method
                elif what in (5, 6, 7):
                    torture.check(one.method() in answers)
                    torture.check(one.super_method() in answers)
                elif what in (8, 9):
                    setattr(one, name, (name,))
                elif what == 10:
                    delattr(one, name)
                elif what in (11, 12, 13):
                    value = getattr(one, name)
                    torture.check(value == (name,), name, value)
                elif what == 14:
                    one.__dict__ = {name: (name,)}
                elif what == 15:
                    for key, value in list(one.__dict__.items()):
                        torture.check(value == (key,), key, value)
                elif what == 16:
                    Base.value = property(lambda self: "property")
                    torture.check(one.value == "property")
                elif what == 17:
                    one.__class__ = random_.choice((Leaf, Leaf, Sister))
                elif what == 18:
                    Base.__len__ = lambda self: 2
                elif what == 19:
                    torture.check(len(one) in (1, 2, 3))
                elif what == 20:
                    type("Made", (random_.choice((Left, Right, Leaf)),), {"__len__": lambda self: 3})()
                elif what == 21:
                    below = Left.__subclasses__()
                    torture.check(Leaf in below and Sister in below, below)
                elif what == 22:
                    slotted.a = (name,)
                    torture.check(type(slotted.a) is tuple)
                elif what == 23:
                    del slotted.a
                elif what == 24:
                    Left.__bases__ = random_.choice(((Base,), (Extra, Base)))
                elif what == 25:
                    isinstance(one, Base), issubclass(Leaf, Right), one.__dict__.get("a"), vars(Leaf).get("method")
                else:
                    instances[random_.randrange(4)] = Leaf()
            except (AttributeError, KeyError):
                pass
            except TypeError as error:
                # a class whose __bases__ another thread exchanges has, for a moment, no consistent order
                torture.check("MRO" in str(error) or "layout" in str(error), error)
            except RuntimeError as error:
                torture.check("changed size" in str(error) or "changed during" in str(error), error)

    class Extra(Base):
        pass

    class Sister(Left, Right):
        def super_method(self):
            return super().method()

    torture.together([lambda s=rng.getrandbits(32): use(s) for _ in range(torture.threads)])
    # Whatever the races came to, all agree now.
    Base.method = lambda self: "last"
    for kind in (Left, Right, Leaf):
        if "method" in vars(kind):
            del kind.method
    torture.check(Leaf().method() == "last")
    Base.__len__ = lambda self: 7
    torture.check(len(Leaf()) == 7)
    if rng.random() < 0.2:
        gc.collect()


torture.rounds_of(one_round)
torture.finish()
