# DeltaBlue: the incremental solver of one-way constraints of Freeman-Benson, Maloney and Borning (CACM, January 1990).
# A chain of equalities is driven from one end, then many scale constraints from both sides. Polymorphic method calls,
# lists of objects, comparisons.
import time

REQUIRED, STRONG_PREFERRED, PREFERRED, STRONG_DEFAULT, NORMAL, WEAK_DEFAULT, WEAKEST = range(7)
FORWARD, BACKWARD = 1, 2


class Variable:
    """A value, the constraints on it, the one that determines it and how strongly."""

    def __init__(self, value=0):
        self.value = value
        self.constraints = []
        self.determined_by = None
        self.mark = 0
        self.walkabout = WEAKEST
        self.stays = True


class Constraint:
    """Strength 0 is the strongest. A constraint that is satisfied writes its output from its inputs."""
    is_input = False

    def __init__(self, strength):
        self.strength = strength

    def add(self, planner):
        self.attach()
        planner.add(self)

    def destroy(self, planner):
        if self.is_satisfied():
            planner.remove(self)
        else:
            self.detach()

    def satisfy(self, mark, planner):
        """Enforces this constraint if it is stronger than what it would override, which is returned."""
        self.choose(mark)
        if not self.is_satisfied():
            if self.strength == REQUIRED:
                raise RuntimeError("a required constraint cannot be satisfied")
            return None
        self.mark_inputs(mark)
        output = self.output()
        overridden = output.determined_by
        if overridden is not None:
            overridden.give_up()
        output.determined_by = self
        if not planner.propagate(self, mark):
            raise RuntimeError("a cycle of constraints")
        output.mark = mark
        return overridden


class Unary(Constraint):
    def __init__(self, variable, strength, planner):
        super().__init__(strength)
        self.variable = variable
        self.satisfied = False
        self.add(planner)

    def attach(self):
        self.variable.constraints.append(self)
        self.satisfied = False

    def detach(self):
        self.variable.constraints.remove(self)
        self.satisfied = False

    def choose(self, mark):
        variable = self.variable
        self.satisfied = variable.mark != mark and self.strength < variable.walkabout

    def is_satisfied(self):
        return self.satisfied

    def give_up(self):
        self.satisfied = False

    def output(self):
        return self.variable

    def mark_inputs(self, mark):
        pass

    def inputs_known(self, mark):
        return True

    def recalculate(self):
        variable = self.variable
        variable.walkabout = self.strength
        variable.stays = not self.is_input
        if variable.stays:
            self.execute()

    def execute(self):
        pass


class Stay(Unary):
    """The variable keeps its value."""


class Edit(Unary):
    """The variable's value comes from outside."""
    is_input = True


class Binary(Constraint):
    def __init__(self, first, second, strength, planner):
        super().__init__(strength)
        self.first = first
        self.second = second
        self.direction = None
        self.add(planner)

    def variables(self):
        return self.first, self.second

    def attach(self):
        for variable in self.variables():
            variable.constraints.append(self)
        self.direction = None

    def detach(self):
        for variable in self.variables():
            variable.constraints.remove(self)
        self.direction = None

    def choose(self, mark):
        first, second, strength = self.first, self.second, self.strength
        if first.mark == mark:
            forward = second.mark != mark and strength < second.walkabout
            self.direction = FORWARD if forward else None
        elif second.mark == mark:
            self.direction = BACKWARD if strength < first.walkabout else None
        elif first.walkabout > second.walkabout:
            self.direction = BACKWARD if strength < first.walkabout else None
        else:
            self.direction = FORWARD if strength < second.walkabout else None

    def is_satisfied(self):
        return self.direction is not None

    def give_up(self):
        self.direction = None

    def input(self):
        return self.first if self.direction == FORWARD else self.second

    def output(self):
        return self.second if self.direction == FORWARD else self.first

    def mark_inputs(self, mark):
        self.input().mark = mark

    def inputs_known(self, mark):
        source = self.input()
        return source.mark == mark or source.stays or source.determined_by is None

    def recalculate(self):
        source, target = self.input(), self.output()
        target.walkabout = max(self.strength, source.walkabout)
        target.stays = source.stays
        if target.stays:
            self.execute()


class Equal(Binary):
    def execute(self):
        self.output().value = self.input().value


class Scale(Binary):
    """second = first * factor + offset, either way."""

    def __init__(self, first, factor, offset, second, strength, planner):
        self.factor = factor
        self.offset = offset
        super().__init__(first, second, strength, planner)

    def variables(self):
        return self.first, self.second, self.factor, self.offset

    def mark_inputs(self, mark):
        super().mark_inputs(mark)
        self.factor.mark = self.offset.mark = mark

    def execute(self):
        if self.direction == FORWARD:
            self.second.value = self.first.value * self.factor.value + self.offset.value
        else:
            self.first.value = (self.second.value - self.offset.value) // self.factor.value

    def recalculate(self):
        source, target = self.input(), self.output()
        target.walkabout = max(self.strength, source.walkabout)
        target.stays = source.stays and self.factor.stays and self.offset.stays
        if target.stays:
            self.execute()


class Planner:
    def __init__(self):
        self.last_mark = 0

    def new_mark(self):
        self.last_mark += 1
        return self.last_mark

    def add(self, constraint):
        mark = self.new_mark()
        while constraint is not None:
            constraint = constraint.satisfy(mark, self)

    def remove(self, constraint):
        output = constraint.output()
        constraint.give_up()
        constraint.detach()
        loose = self.let_go(output)
        for strength in range(REQUIRED, WEAKEST + 1):
            for candidate in loose:
                if candidate.strength == strength:
                    self.add(candidate)

    def let_go(self, output):
        """Downstream of `output` nothing is determined any more; returns the constraints that may now be satisfied."""
        output.determined_by = None
        output.walkabout = WEAKEST
        output.stays = True
        loose = []
        waiting = [output]
        while waiting:
            variable = waiting.pop()
            for constraint in variable.constraints:
                if not constraint.is_satisfied():
                    loose.append(constraint)
            for constraint in self.readers(variable):
                constraint.recalculate()
                waiting.append(constraint.output())
        return loose

    def readers(self, variable):
        by = variable.determined_by
        return [c for c in variable.constraints if c is not by and c.is_satisfied()]

    def propagate(self, constraint, mark):
        """Recalculates all that depends on a constraint; False when it depends on itself."""
        waiting = [constraint]
        while waiting:
            c = waiting.pop()
            if c.output().mark == mark:
                self.remove(constraint)
                return False
            c.recalculate()
            waiting.extend(self.readers(c.output()))
        return True

    def plan(self, sources):
        """The constraints to execute, in order, when the inputs `sources` change."""
        mark = self.new_mark()
        waiting = list(sources)
        plan = []
        while waiting:
            c = waiting.pop()
            output = c.output()
            if output.mark != mark and c.inputs_known(mark):
                plan.append(c)
                output.mark = mark
                waiting.extend(self.readers(output))
        return plan


def change(planner, variable, value):
    edit = Edit(variable, PREFERRED, planner)
    plan = planner.plan([edit])
    for i in range(10):
        variable.value = value
        for constraint in plan:
            constraint.execute()
    edit.destroy(planner)


def chain(length):
    planner = Planner()
    variables = [Variable() for _ in range(length + 1)]
    for left, right in zip(variables, variables[1:]):
        Equal(left, right, REQUIRED, planner)
    Stay(variables[-1], STRONG_DEFAULT, planner)
    edit = Edit(variables[0], PREFERRED, planner)
    plan = planner.plan([edit])
    for value in range(100):
        variables[0].value = value
        for constraint in plan:
            constraint.execute()
        assert variables[-1].value == value
    edit.destroy(planner)
    return variables[-1].value


def projection(count):
    planner = Planner()
    factor, offset = Variable(10), Variable(1000)
    pairs = []
    for i in range(count):
        source, target = Variable(i), Variable(i)
        pairs.append((source, target))
        Stay(source, NORMAL, planner)
        Scale(source, factor, offset, target, REQUIRED, planner)
    source, target = pairs[-1]
    change(planner, source, 17)
    assert target.value == 1170, target.value
    change(planner, target, 1050)
    assert source.value == 5, source.value
    change(planner, factor, 5)
    assert all(t.value == s.value * 5 + 1000 for s, t in pairs[:-1])
    change(planner, offset, 2000)
    assert all(t.value == s.value * 5 + 2000 for s, t in pairs[:-1])
    return sum(t.value for _, t in pairs)


def main(size=300, rounds=25):
    return [(chain(size), projection(size)) for _ in range(rounds)][-1]


if __name__ == "__main__":
    start = time.perf_counter()
    result = main()
    print("seconds", time.perf_counter() - start)
    print("result", result)
