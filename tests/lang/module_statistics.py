# statistics: the inverse normal distribution, in all three ranges of its approximation.
import statistics

for p in 1e-300, 1e-12, 0.001, 0.07, 0.2, 0.5, 0.6, 0.925, 0.93, 0.999999, 1 - 1e-16:
    print(statistics.NormalDist(10, 2.5).inv_cdf(p))
for p, sigma in (0.0, 1.0), (1.0, 1.0), (0.5, 0.0):
    try:
        print(statistics.NormalDist(0, sigma).inv_cdf(p))
    except statistics.StatisticsError as error:
        print(error)
try:
    statistics.NormalDist(0, 1).inv_cdf("x")
except TypeError as error:
    print("TypeError")
print(statistics.quantiles(statistics.NormalDist(0, 1).quantiles(9), n=4))
