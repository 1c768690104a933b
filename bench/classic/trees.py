# Binary trees: many small objects, recursion, tuples.
import time


class Node:
    __slots__ = ("left", "right")
    def __init__(self, left, right):
        self.left = left
        self.right = right

def make(depth):
    if depth == 0:
        return Node(None, None)
    return Node(make(depth - 1), make(depth - 1))

def check(node):
    if node.left is None:
        return 1
    return 1 + check(node.left) + check(node.right)

def pairs(depth):
    return (pairs(depth - 1), pairs(depth - 1)) if depth else None

def count(tree):
    return 1 + count(tree[0]) + count(tree[1]) if tree else 1

def main(n=17):
    total = 0
    for depth in range(4, n, 3):
        for _ in range(1 << (n - depth)):
            total += check(make(depth))
    return total + count(pairs(n))


if __name__ == "__main__":
    start = time.perf_counter()
    result = main()
    print("seconds", time.perf_counter() - start)
    print("result", result)
