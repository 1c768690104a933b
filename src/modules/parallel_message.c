/* parallel_message.c -- messages between processes over a stream socket, with descriptors; bytes in shared memory.
 *
 * A message is a head (length, number of descriptors), then its bytes; the descriptors come with the head. One thread
 * sends and one receives on an end at a time. All waits are detached; signal handlers run in between.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parallel_types.h"
#include "select_types.h"

enum { MOST_FDS = 200 };
typedef struct Head {
    uint64_t length;
    uint64_t fds;
} Head;
typedef union Control {
    char bytes[CMSG_SPACE(MOST_FDS * sizeof(int))];
    struct cmsghdr align;
} Control;

HdValue hd_parallel_channel(HdThread *t, HdValue module, const HdValue *args) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) return hd_raise_errno(t, errno, HD_NULL);
    return hd_tuple_pack(t, 2, hd_imm_int(ends[0]), hd_imm_int(ends[1]));
}

/* --- sending --- */

static void attach(struct msghdr *message, Control *control, const int *fds, size_t count) {
    memset(control, 0, sizeof *control);
    message->msg_control = control->bytes;
    message->msg_controllen = CMSG_SPACE(count * sizeof *fds);
    struct cmsghdr *head = CMSG_FIRSTHDR(message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(count * sizeof *fds);
    memcpy(CMSG_DATA(head), fds, count * sizeof *fds);
}
static int parse_fds(HdThread *t, HdValue v, int *fds) {
    if (hd_is_null(v)) return 0;
    if (!hd_is_tuple(v) || hd_tuple_length(v) > MOST_FDS) {
        return hd_raise_int(t, &hd_ValueError, "a tuple of at most %d descriptors is required", MOST_FDS);
    }
    int count = (int)hd_tuple_length(v);
    for (int i = 0; i < count; i++) {
        if (hd_descriptor_arg(t, hd_tuple_at_borrowed(v, i), &fds[i]) < 0) return -1;
    }
    return count;
}
HD_CHECK static int send_all(HdThread *t, int fd, HdBuffer *data, const int *fds, int count) {
    Head head = {(uint64_t)data->length, (uint64_t)count};
    struct iovec parts[] = {{&head, sizeof head}, {data->data, (size_t)data->length}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    Control control;
    if (count) attach(&message, &control, fds, (size_t)count);
    ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    int raised = 0;
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
        HD_BLOCKING_CALL(t, raised, sent = sendmsg(fd, &message, MSG_NOSIGNAL));
    }
    size_t done = sent > 0 ? (size_t)sent : 0, all = sizeof head + (size_t)data->length;
    while (sent >= 0 && !raised && done < all) {
        bool in_head = done < sizeof head;
        const char *from = in_head ? (char *)&head + done : (char *)data->data + (done - sizeof head);
        HdBlockingResult result =
            hd_blocking_send(t, fd, from, in_head ? sizeof head - done : all - done, MSG_NOSIGNAL, HD_FOREVER);
        raised = result.raised ? -1 : 0;
        sent = result.value;
        if (sent > 0) done += (size_t)sent;
    }
    if (raised) return -1;
    if (sent >= 0) return 0;
    hd_raise_errno(t, errno, HD_NULL);
    return -1;
}
HdValue hd_parallel_send(HdThread *t, HdValue module, const HdValue *args) {
    int fd, fds[MOST_FDS];
    if (hd_descriptor_arg(t, args[0], &fd) < 0) return HD_NULL;
    int count = parse_fds(t, args[2], fds);
    HdBuffer data;
    if (count < 0 || hd_buffer_get(t, args[1], &data, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    int status = send_all(t, fd, &data, fds, count);
    hd_buffer_release(t, &data);
    return status < 0 ? HD_NULL : hd_None;
}

/* --- receiving --- */

static void close_all(const int *fds, size_t count) {
    for (size_t i = 0; i < count; i++) close(fds[i]);
}
/* The head of a message: 1; 0 at the end of the stream; -1 raised. */
HD_CHECK static int receive_head(HdThread *t, int fd, Head *head, int *fds, size_t *count) {
    Control control;
    struct iovec part = {head, sizeof *head};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t got;
    int raised = 0;
    *count = 0;
    HD_BLOCKING_CALL(t, raised, got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL));
    if (raised) return -1;
    if (got < 0 && errno != ECONNRESET) {
        hd_raise_errno(t, errno, HD_NULL);
        return -1;
    }
    struct cmsghdr *rights = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (rights && rights->cmsg_type == SCM_RIGHTS) {
        *count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof *fds;
        memcpy(fds, CMSG_DATA(rights), *count * sizeof *fds);
    }
    if (got == (ssize_t)sizeof *head) return 1;
    close_all(fds, *count); /* who sent it died in the middle */
    return 0;
}
/* 1, 0, -1 the same way. */
HD_CHECK static int receive_body(HdThread *t, int fd, uint8_t *data, HdSize length) {
    for (HdSize done = 0; done < length;) {
        HdBlockingResult result = hd_blocking_recv(t, fd, data + done, (size_t)(length - done), 0, HD_FOREVER);
        if (result.raised) return -1;
        if (result.value < 0 && errno != ECONNRESET) {
            hd_raise_errno(t, errno, HD_NULL);
            return -1;
        }
        if (result.value <= 0) return 0;
        done += result.value;
    }
    return 1;
}
static HdValue message_tuple(HdThread *t, HdValue body, const int *fds, size_t count) {
    HD_OWNED HdValue numbers = hd_tuple_new(t, (HdSize)count);
    if (hd_is_null(numbers)) return HD_NULL;
    for (size_t i = 0; i < count; i++) hd_tuple_put_steal(numbers, (HdSize)i, hd_imm_int(fds[i]));
    return hd_tuple_pack(t, 2, body, numbers);
}
/* 1 there is something to receive, 0 too late, 2 only the other descriptor is ready; -1 raised. */
HD_CHECK static int wait_for(HdThread *t, int fd, int other, HdTime deadline) {
    struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = other, .events = POLLIN}};
    HdBlockingResult ready = hd_blocking_poll(t, fds, other < 0 ? 1 : 2, deadline);
    if (ready.raised) return -1;
    if (ready.value < 0) {
        hd_raise_errno(t, errno, HD_NULL);
        return -1;
    }
    return ready.value == 0 ? 0 : fds[0].revents ? 1 : 2;
}
HdValue hd_parallel_receive(HdThread *t, HdValue module, const HdValue *args) {
    int fd, other = -1;
    if (hd_descriptor_arg(t, args[0], &fd) < 0) return HD_NULL;
    if (!hd_is_null(args[1]) && !hd_is_none(args[1]) && hd_descriptor_arg(t, args[1], &other) < 0) return HD_NULL;
    HdTime deadline;
    if (hd_task_deadline(t, args[2], &deadline) < 0) return HD_NULL;
    if (other >= 0 || deadline != HD_FOREVER) {
        int ready = wait_for(t, fd, other, deadline);
        if (ready < 0) return HD_NULL;
        if (ready != 1) return ready ? hd_None : hd_False;
    }
    Head head;
    int fds[MOST_FDS];
    size_t count;
    int status = receive_head(t, fd, &head, fds, &count);
    if (status <= 0) return status < 0 ? HD_NULL : hd_None;
    HD_OWNED HdValue body = hd_bytes_new(t, NULL, (HdSize)head.length);
    status = hd_is_null(body) ? -1 : receive_body(t, fd, hd_bytes_data(body), (HdSize)head.length);
    HdValue result = status > 0 ? message_tuple(t, body, fds, count) : HD_NULL;
    if (hd_is_null(result)) close_all(fds, count);
    return status == 0 ? hd_None : result;
}

/* --- bytes in shared memory --- */

/* A file without a name that holds the bytes, in the layout of bytes_shared.c; -1 and errno. Detached. */
static int make_file(const char *data, size_t length) {
    int fd = memfd_create("heddle", MFD_CLOEXEC);
    if (fd < 0) return -1;
    bool good = ftruncate(fd, (off_t)(HD_BYTES_SHARED_DATA + length + 1)) == 0;
    size_t done = 0;
    while (good && done < length) {
        size_t step = length - done < (1u << 30) ? length - done : 1u << 30;
        ssize_t written = pwrite(fd, data + done, step, (off_t)(HD_BYTES_SHARED_DATA + done));
        if (written > 0) done += (size_t)written;
        good = written > 0 || errno == EINTR;
    }
    if (good) return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}
HdValue hd_parallel_share(HdThread *t, HdValue module, const HdValue *args) {
    int shared = hd_bytes_shared_descriptor(args[0]), fd;
    if (shared >= 0) {
        fd = fcntl(shared, F_DUPFD_CLOEXEC, 0);
    } else {
        HdBuffer data;
        if (hd_buffer_get(t, args[0], &data, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
        hd_blocking_enter(t, HD_BLOCK_MAYBE);
        fd = make_file(data.data, (size_t)data.length);
        hd_blocking_leave_computation(t);
        hd_buffer_release(t, &data);
    }
    return fd < 0 ? hd_raise_errno(t, errno, HD_NULL) : hd_imm_int(fd);
}
HdValue hd_parallel_adopt(HdThread *t, HdValue module, const HdValue *args) {
    int fd;
    if (hd_descriptor_arg(t, args[0], &fd) < 0) return HD_NULL;
    HdSize length = hd_number_as_size(t, args[1], &hd_OverflowError);
    if (length == -1 && hd_raised(t)) return HD_NULL;
    struct stat status;
    if (fstat(fd, &status) < 0) return hd_raise_errno(t, errno, HD_NULL);
    if (length < 0 || status.st_size < HD_BYTES_SHARED_DATA + length + 1) {
        return hd_raise(t, &hd_ValueError, "the file does not hold %zd bytes", (size_t)length);
    }
    return hd_bytes_from_shared(t, fd, length);
}
