/* mod_termios.c -- the module termios: attributes and control of terminals.
 *
 * State: the class termios.error, written when the module is made. tcdrain and its kin may wait and give up the GIL.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <heddle/module.h>

#include "blocking.h"
#include "descriptor_arg.h"
#include "termios_constants.h"

typedef struct State {
    HdValue error;
} State;
static State *state_of(HdValue module) { return hd_module_state(module); }

/* termios.error(errno, text) */
static HdValue failed(HdThread *t, HdValue module) {
    int error = errno;
    char room[128];
    HD_OWNED HdValue text = hd_str_from_text(t, strerror_r(error, room, sizeof room));
    HD_OWNED HdValue exception =
        hd_is_null(text) ? HD_NULL : hd_object_call2(t, state_of(module)->error, hd_imm_int(error), text);
    return hd_is_null(exception) ? HD_NULL : hd_raise_instance(t, exception);
}
#define FD(variable, index) \
    int variable;           \
    if (hd_descriptor_arg(t, args[index], &variable) < 0) return HD_NULL
#define INT(variable, index)                         \
    int variable = hd_number_as_int(t, args[index]); \
    if (variable == -1 && hd_raised(t)) return HD_NULL
/* Runs a call that gives -1 on error while others may run. */
#define DETACHED(assignment)                  \
    do {                                      \
        hd_blocking_enter(t, HD_BLOCK_MAYBE); \
        assignment;                           \
        hd_blocking_leave(t);                 \
    } while (0)

/* [iflag, oflag, cflag, lflag, ispeed, ospeed, cc]; VMIN and VTIME are numbers when not in canonical mode. */
static HdValue termios_tcgetattr(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    struct termios mode;
    int result;
    DETACHED(result = tcgetattr(fd, &mode));
    if (result < 0) return failed(t, self);
    HD_OWNED HdValue cc = hd_list_new(t, NCCS);
    for (int i = 0; i < NCCS && !hd_is_null(cc); i++) {
        bool number = !(mode.c_lflag & ICANON) && (i == VMIN || i == VTIME);
        HdValue item = number ? hd_imm_int(mode.c_cc[i]) : hd_bytes_new(t, &mode.c_cc[i], 1);
        if (hd_is_null(item) || hd_list_append_steal(t, cc, item) < 0) return HD_NULL;
    }
    if (hd_is_null(cc)) return HD_NULL;
    HdValue items[] = {hd_imm_int(mode.c_iflag),
                       hd_imm_int(mode.c_oflag),
                       hd_imm_int(mode.c_cflag),
                       hd_imm_int(mode.c_lflag),
                       hd_imm_int(cfgetispeed(&mode)),
                       hd_imm_int(cfgetospeed(&mode)),
                       cc};
    return hd_list_from_values(t, items, HD_COUNT_OF(items));
}

HD_CHECK static int set_characters(HdThread *t, HdValue list, struct termios *mode) {
    HD_OWNED HdValue items = hd_is_list(list) ? hd_tuple_from_iterable(t, list) : HD_NULL;
    if (hd_raised(t)) return -1;
    if (hd_is_null(items) || hd_tuple_length(items) != NCCS)
        return hd_raise_int(t, &hd_TypeError, "tcsetattr: attributes[6] must be %d element list", NCCS);
    for (int i = 0; i < NCCS; i++) {
        HdValue item = hd_tuple_at_borrowed(items, i);
        if (hd_is_bytes(item) && hd_bytes_length(item) == 1) {
            mode->c_cc[i] = hd_bytes_data(item)[0];
        } else if (hd_is_int(item)) {
            int64_t number = hd_number_as_i64(t, item);
            if (number == -1 && hd_raised(t)) return -1;
            mode->c_cc[i] = (cc_t)number;
        } else {
            return hd_raise_int(t, &hd_TypeError, "tcsetattr: elements of attributes must be characters or integers");
        }
    }
    return 0;
}
static HdValue termios_tcsetattr(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    INT(when, 1);
    HD_OWNED HdValue items = hd_is_list(args[2]) ? hd_tuple_from_iterable(t, args[2]) : HD_NULL;
    if (hd_raised(t)) return HD_NULL;
    if (hd_is_null(items) || hd_tuple_length(items) != 7)
        return hd_raise(t, &hd_TypeError, "tcsetattr, arg 3: must be 7 element list");
    struct termios mode;
    int result;
    DETACHED(result = tcgetattr(fd, &mode)); /* what the list does not have stays */
    if (result < 0) return failed(t, self);
    int64_t numbers[6];
    for (int i = 0; i < 6; i++) {
        numbers[i] = hd_number_as_i64(t, hd_tuple_at_borrowed(items, i));
        if (numbers[i] == -1 && hd_raised(t)) return HD_NULL;
    }
    mode.c_iflag = (tcflag_t)numbers[0];
    mode.c_oflag = (tcflag_t)numbers[1];
    mode.c_cflag = (tcflag_t)numbers[2];
    mode.c_lflag = (tcflag_t)numbers[3];
    if (set_characters(t, hd_tuple_at_borrowed(items, 6), &mode) < 0) return HD_NULL;
    if (cfsetispeed(&mode, (speed_t)numbers[4]) < 0 || cfsetospeed(&mode, (speed_t)numbers[5]) < 0)
        return failed(t, self);
    DETACHED(result = tcsetattr(fd, when, &mode));
    return result < 0 ? failed(t, self) : hd_None;
}
static HdValue termios_tcsendbreak(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    INT(duration, 1);
    int result;
    DETACHED(result = tcsendbreak(fd, duration));
    return result < 0 ? failed(t, self) : hd_None;
}
static HdValue termios_tcdrain(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    int result;
    DETACHED(result = tcdrain(fd));
    return result < 0 ? failed(t, self) : hd_None;
}
static HdValue termios_tcflush(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    INT(queue, 1);
    int result;
    DETACHED(result = tcflush(fd, queue));
    return result < 0 ? failed(t, self) : hd_None;
}
static HdValue termios_tcflow(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    INT(action, 1);
    int result;
    DETACHED(result = tcflow(fd, action));
    return result < 0 ? failed(t, self) : hd_None;
}
static HdValue termios_tcgetwinsize(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    struct winsize size;
    int result;
    DETACHED(result = ioctl(fd, TIOCGWINSZ, &size));
    return result < 0 ? failed(t, self) : hd_tuple_pack(t, 2, hd_imm_int(size.ws_row), hd_imm_int(size.ws_col));
}
static HdValue termios_tcsetwinsize(HdThread *t, HdValue self, const HdValue *args) {
    static const char *const wrong = "tcsetwinsize, arg 2: must be a two-item sequence";
    FD(fd, 0);
    if (!hd_type_of(args[1])->getitem || hd_is_dict(args[1])) return hd_raise(t, &hd_TypeError, "%s", wrong);
    HD_OWNED HdValue items = hd_tuple_from_iterable(t, args[1]);
    if (hd_is_null(items)) return HD_NULL;
    if (hd_tuple_length(items) != 2) return hd_raise(t, &hd_TypeError, "%s", wrong);
    int64_t numbers[2];
    for (int i = 0; i < 2; i++) {
        numbers[i] = hd_number_as_i64(t, hd_tuple_at_borrowed(items, i));
        if (numbers[i] == -1 && hd_raised(t)) return HD_NULL;
    }
    struct winsize size;
    int result;
    DETACHED(result = ioctl(fd, TIOCGWINSZ, &size));
    if (result < 0) return failed(t, self);
    size.ws_row = (unsigned short)numbers[0];
    size.ws_col = (unsigned short)numbers[1];
    if (size.ws_row != numbers[0] || size.ws_col != numbers[1])
        return hd_raise(t, &hd_OverflowError, "winsize value(s) out of range.");
    DETACHED(result = ioctl(fd, TIOCSWINSZ, &size));
    return result < 0 ? failed(t, self) : hd_None;
}

static const HdMethodDef termios_functions[] = {
    HD_METHOD(termios_tcgetattr, "tcgetattr(fd, /)",
              "The tty attributes of fd: [iflag, oflag, cflag, lflag, ispeed, ospeed, cc]."),
    HD_METHOD(termios_tcsetattr, "tcsetattr(fd, when, attributes, /)",
              "Set the attributes of a terminal, as tcgetattr() gives them."),
    HD_METHOD(termios_tcsendbreak, "tcsendbreak(fd, duration, /)", "Sends a break for a time the system chooses."),
    HD_METHOD(termios_tcdrain, "tcdrain(fd, /)", "Waits until all output is sent."),
    HD_METHOD(termios_tcflush, "tcflush(fd, queue, /)", "Drops what was not read, not sent, or both."),
    HD_METHOD(termios_tcflow, "tcflow(fd, action, /)", "Stops or continues input or output."),
    HD_METHOD(termios_tcgetwinsize, "tcgetwinsize(fd, /)", "The size of the terminal's window as (rows, columns)."),
    HD_METHOD(termios_tcsetwinsize, "tcsetwinsize(fd, winsize, /)",
              "Set the size of the terminal's window from (rows, columns)."),
    HD_METHODS_END,
};

static int termios_exec(HdThread *t, HdValue module) {
    for (size_t i = 0; i < HD_COUNT_OF(hd_termios_constants); i++) {
        if (hd_module_set_int(t, module, hd_termios_constants[i].name, hd_termios_constants[i].value) < 0) return -1;
    }
    state_of(module)->error = hd_module_add_exception(t, module, "termios.error", HD_NULL);
    return hd_is_null(state_of(module)->error) ? -1 : 0;
}
static int termios_traverse(HdValue module, HdVisit visit, void *context) {
    HD_VISIT(state_of(module)->error);
    return 0;
}
static void termios_clear(HdThread *t, HdValue module) { hd_clear_slot(t, &state_of(module)->error); }

const HdModuleDef hd_module_termios = {
    .name = "termios",
    .doc =
        "The POSIX calls for control of terminals. All functions take a descriptor, or an object with fileno(), first.",
    .state_size = sizeof(State),
    .functions = termios_functions,
    .exec = termios_exec,
    .traverse = termios_traverse,
    .clear = termios_clear,
};
