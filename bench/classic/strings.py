# Text: building, splitting, joining, formatting, dict of words.
import time


def main(n=20000):
    text = "the quick brown fox jumps over the lazy dog " * 8
    counts = {}
    total = 0
    for i in range(n):
        words = text.split()
        for word in words[:30]:
            counts[word] = counts.get(word, 0) + 1
        line = ""
        for word in words[:20]:
            line += word.upper() + ","
        total += len(line)
        total += len(f"{i:05d} {line[:10]!r} {i / 3:.3f}")
        total += len("-".join(w.capitalize() for w in words[:10]))
        if line.startswith("THE") and "FOX" in line:
            total += line.find("DOG")
        for ch in line[:50]:
            if ch == "O":
                total += ord(ch)
    return total, sorted(counts.items())[:3]


if __name__ == "__main__":
    start = time.perf_counter()
    result = main()
    print("seconds", time.perf_counter() - start)
    print("result", result)
