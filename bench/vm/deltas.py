# A small constraint solver in the manner of deltablue: polymorphic methods, lists of objects, chains of updates.
class Variable:
    def __init__(self, name, value):
        self.name = name
        self.value = value
        self.constraints = []
        self.determined_by = None
        self.mark = 0
        self.strength = 6

class Constraint:
    def __init__(self, strength):
        self.strength = strength
        self.satisfied = False
    def attach(self, planner):
        for v in self.variables():
            v.constraints.append(self)
        planner.add(self)
    def is_input(self):
        return False
    def variables(self):
        raise NotImplementedError

class Equal(Constraint):
    def __init__(self, a, b, strength):
        super().__init__(strength)
        self.a = a
        self.b = b
    def variables(self):
        return (self.a, self.b)
    def output(self):
        return self.b
    def execute(self):
        self.b.value = self.a.value

class Scale(Equal):
    def __init__(self, a, b, factor, offset, strength):
        super().__init__(a, b, strength)
        self.factor = factor
        self.offset = offset
    def execute(self):
        self.b.value = self.a.value * self.factor + self.offset

class Edit(Constraint):
    def __init__(self, v, strength):
        super().__init__(strength)
        self.v = v
    def variables(self):
        return (self.v,)
    def output(self):
        return self.v
    def is_input(self):
        return True
    def execute(self):
        pass

class Planner:
    def __init__(self):
        self.mark = 0
    def add(self, c):
        out = c.output()
        if out.determined_by is None or c.strength < out.determined_by.strength:
            out.determined_by = c
            out.strength = c.strength
            c.satisfied = True
    def plan(self, sources):
        self.mark += 1
        todo = [c for c in sources if c.is_input()]
        plan = []
        while todo:
            c = todo.pop()
            out = c.output()
            if out.mark != self.mark and c.satisfied:
                out.mark = self.mark
                plan.append(c)
                for other in out.constraints:
                    if other is not c and other.satisfied and other.output() is not out:
                        todo.append(other)
        return plan

def main(n=60, rounds=160):
    planner = Planner()
    variables = [Variable("v%d" % i, i) for i in range(n)]
    for i in range(n - 1):
        a, b = variables[i], variables[i + 1]
        c = Scale(a, b, 3, 1, 2) if i % 3 == 0 else Equal(a, b, 2)
        c.attach(planner)
    edit = Edit(variables[0], 1)
    edit.attach(planner)
    total = 0
    for r in range(rounds):
        plan = planner.plan([edit])
        for value in range(5):
            variables[0].value = value + r
            for c in plan:
                c.execute()
            total += variables[-1].value % 1000003
    return total, len(plan)

if __name__ == "__main__":
    print(main())
