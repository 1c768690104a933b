/* fault_dump.c -- see fault_dump.h. Takes no lock, allocates nothing, changes nothing.
 *
 * A thread that runs meanwhile may leave a frame that is being looked at: the numbers of frames and of characters are bounded,
 * but what is read may be stale.
 */
#include "fault_dump.h"

#include <errno.h>
#include <unistd.h>

#include "crash.h"
#include "frame.h"

enum { FRAMES_MAX = 100, THREADS_MAX = 100, NAME_MAX_LENGTH = 500 };

/* A line is gathered here, so that it reaches the descriptor in one piece. */
typedef struct Line {
    int fd;
    size_t length;
    char at[512];
} Line;

static void flush(Line *line) {
    const char *from = line->at;
    while (line->length) {
        ssize_t written = write(line->fd, from, line->length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) break;
        from += written;
        line->length -= (size_t)written;
    }
    line->length = 0;
}
static void put(Line *line, char c) {
    if (line->length == sizeof line->at) flush(line);
    line->at[line->length++] = c;
}
static void put_text(Line *line, const char *text) {
    while (*text) put(line, *text++);
}
static void put_hex(Line *line, uint64_t number, int digits) {
    while (digits--) put(line, "0123456789abcdef"[number >> (4 * digits) & 15]);
}
static void put_number(Line *line, unsigned number) {
    if (number >= 10) put_number(line, number / 10);
    put(line, (char)('0' + number % 10));
}

static void put_str(Line *line, HdValue v) {
    if (hd_is_null(v) || !hd_is_str(v)) {
        put_text(line, "???");
        return;
    }
    HdSize length = hd_str_length(v), shown = length < NAME_MAX_LENGTH ? length : NAME_MAX_LENGTH;
    for (HdSize i = 0; i < shown; i++) {
        uint32_t c = hd_str_at(v, i);
        if (c >= ' ' && c < 127) {
            put(line, (char)c);
        } else {
            put_text(line, c < 0x100 ? "\\x" : c < 0x10000 ? "\\u" : "\\U");
            put_hex(line, c, c < 0x100 ? 2 : c < 0x10000 ? 4 : 8);
        }
    }
    if (shown < length) put_text(line, "...");
}

static void put_frame(Line *line, const HdFrame *frame) {
    put_text(line, "  File ");
    bool named = !hd_is_null(frame->code->filename) && hd_is_str(frame->code->filename);
    if (named) put(line, '"');
    put_str(line, frame->code->filename);
    if (named) put(line, '"');
    put_text(line, ", line ");
    int number = hd_frame_line(frame);
    if (number > 0) put_number(line, (unsigned)number);
    else put_text(line, "???");
    put_text(line, " in ");
    put_str(line, frame->code->name);
    put(line, '\n');
    flush(line);
}

static void put_stack(Line *line, const HdThread *thread) {
    const HdFrame *frame = thread ? HD_LOAD_ACQUIRE(&thread->frame) : NULL;
    if (!frame) put_text(line, "  <no Python frame>\n");
    for (int shown = 0; frame; frame = frame->previous) {
        if (!frame->code) continue;
        if (shown++ == FRAMES_MAX) {
            put_text(line, "  ...\n");
            break;
        }
        put_frame(line, frame);
    }
    flush(line);
}

void hd_fault_dump_text(int fd, const char *text) {
    Line line = {.fd = fd};
    put_text(&line, text);
    flush(&line);
}

void hd_fault_dump_thread(int fd, const HdThread *thread) {
    int saved = errno;
    Line line = {.fd = fd};
    put_text(&line, "Stack (most recent call first):\n");
    put_stack(&line, thread);
    errno = saved;
}

typedef struct Dump {
    Line line;
    const HdThread *current;
    int threads;
} Dump;

static bool dump_one(HdThread *thread, void *context) {
    Dump *dump = context;
    if (dump->threads) put(&dump->line, '\n');
    if (dump->threads++ == THREADS_MAX) {
        put_text(&dump->line, "...\n");
        flush(&dump->line);
        return false;
    }
    put_text(&dump->line, thread == dump->current ? "Current thread 0x" : "Thread 0x");
    put_hex(&dump->line, thread->ident, 16);
    put_text(&dump->line, " (most recent call first):\n");
    put_stack(&dump->line, thread);
    return true;
}

void hd_fault_dump_all(int fd, const HdThread *current) {
    int saved = errno;
    Dump dump = {.line = {.fd = fd}, .current = current};
    hd_crash_each_thread(dump_one, &dump);
    errno = saved;
}
