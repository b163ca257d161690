"""A process that does nothing but print its own peak memory."""

from benchmarks.measure import peak

if __name__ == "__main__":
    print(peak())
