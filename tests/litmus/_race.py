"""For the litmus tests: functions that run at the same moment on threads of their own, again and again."""
import sys
import threading

sys.setswitchinterval(1e-5)
THREADS, TIMES = 4, 300


def race(*functions, threads=THREADS):
    """Each function(number) on `threads` threads (all beginning together); what they returned, in order. An exception
    of one is raised here."""
    jobs = [(function, number) for function in functions for number in range(threads)]
    barrier, results, errors = threading.Barrier(len(jobs)), [None] * len(jobs), []

    def body(index, function, number):
        barrier.wait()
        try:
            results[index] = function(number)
        except BaseException as error:
            errors.append(error)

    workers = [threading.Thread(target=body, args=(index, *job)) for index, job in enumerate(jobs)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if errors:
        raise errors[0]
    return results
