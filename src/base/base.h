/* base.h -- what every file of Heddle may rely on: fixed-width types, compiler attributes, assertions.
 *
 * No Python and no threads here. Included by everything; includes nothing of ours but value.h's neighbours.
 */
#ifndef HD_BASE_H
#define HD_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HD_LIKELY(x) __builtin_expect(!!(x), 1)
#define HD_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define HD_INLINE static inline __attribute__((always_inline))
#define HD_NOINLINE __attribute__((noinline))
#define HD_COLD __attribute__((cold, noinline))
#define HD_NORETURN __attribute__((noreturn))
/* The function may raise (or fail): ignoring its result is a warning. */
#define HD_CHECK __attribute__((warn_unused_result))
#define HD_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define HD_UNUSED __attribute__((unused))
/* Runs `fn(&variable)` when the variable goes out of scope. */
#define HD_CLEANUP(fn) __attribute__((cleanup(fn)))
#define HD_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define HD_CONTAINER_OF(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define HD_UNREACHABLE() __builtin_unreachable()

/* Sizes and indices: signed like Py_ssize_t, so that -1 can mean "error" or "from the end". */
typedef ptrdiff_t HdSize;
#define HD_SIZE_MAX PTRDIFF_MAX

/* Prints `message` and the place to stderr and aborts: for broken invariants only, never for bad input. */
HD_NORETURN HD_COLD void hd_panic(const char *file, int line, const char *format, ...) HD_PRINTF(3, 4);
#define HD_PANIC(...) hd_panic(__FILE__, __LINE__, __VA_ARGS__)

/* A local variable's register, for gcc's allocator cannot know which variables of an interpreter's loop matter: it may keep
 * the instruction pointer in memory. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define HD_IN_REGISTER(name) __asm__(name)
#else
#define HD_IN_REGISTER(name)
#endif

/* About where the C stack ends now. On x86-64 without __builtin_frame_address, which costs the caller a register. */
HD_INLINE char *hd_stack_here(void) {
#if defined(__x86_64__)
    char *here;
    __asm__("movq %%rsp, %0" : "=r"(here));
    return here;
#else
    return __builtin_frame_address(0);
#endif
}

#if defined(__SANITIZE_ADDRESS__)
#define HD_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HD_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define HD_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HD_TSAN 1
#endif
#endif

#endif
