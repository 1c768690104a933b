/* decompressor.c -- see decompressor.h. */
#include "decompressor.h"

#include "blocking.h"
#include "object_internal.h"

void hd_decompressor_start(HdDecompressor *self) {
    self->needs_input = 1;
    self->unused_data = hd_bytes_empty();
}

void hd_decompressor_end(HdThread *t, HdDecompressor *self) {
    free(self->pending);
    self->pending = NULL;
    hd_clear_slot(t, &self->unused_data);
}

/* Puts the input behind what waits; false: memory is out. */
static bool add_pending(HdDecompressor *self, const HdBuffer *data) {
    if (data->length > HD_SIZE_MAX - self->pending_length) return false;
    HdSize length = self->pending_length + data->length;
    uint8_t *pending = realloc(self->pending, (size_t)length + 1);
    if (!pending) return false;
    if (data->length) memcpy(pending + self->pending_length, data->data, (size_t)data->length);
    self->pending = pending;
    self->pending_length = length;
    return true;
}

/* Keeps the input that is left; false: memory is out. */
static bool keep_pending(HdDecompressor *self, const uint8_t *in, HdSize left) {
    if (left == 0) {
        free(self->pending);
        self->pending = NULL;
    } else if (self->pending) {
        memmove(self->pending, in, (size_t)left);
    } else {
        self->pending = malloc((size_t)left);
        if (!self->pending) return false;
        memcpy(self->pending, in, (size_t)left);
    }
    self->pending_length = left;
    return true;
}

/* What follows the end becomes unused_data; -1 raised. */
static int take_end(HdThread *t, HdDecompressor *self, const HdDecompressStep *step) {
    self->eof = 1;
    self->needs_input = 0;
    if (step->in_left == 0) return 0;
    HdValue unused = hd_bytes_new(t, step->in, step->in_left);
    if (hd_is_null(unused)) return -1;
    hd_field_set_steal(t, self, &self->unused_data, unused);
    return 0;
}

/* Mutex held. False: memory is out. */
static bool work_on(HdThread *t, HdDecompressor *self, const HdBuffer *data, HdDecompressWork work,
                    HdDecompressStep *step, bool *raised) {
    if (self->pending_length && !add_pending(self, data)) return false;
    step->in = self->pending_length ? self->pending : data->data;
    step->in_left = self->pending_length ? self->pending_length : data->length;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    bool fine = work(self, step);
    hd_blocking_leave_computation(t);
    if (!fine || step->error) return fine;
    if (step->end) {
        *raised = take_end(t, self, step) < 0;
        step->in_left = 0;
    } else {
        self->needs_input = step->in_left == 0 && !step->full;
    }
    return keep_pending(self, step->in, step->in_left);
}

HdValue hd_decompressor_run(HdThread *t, HdDecompressor *self, const HdValue *args, const char *eof_message,
                            HdDecompressWork work, HdDecompressRaise raise) {
    HdSize limit = hd_is_null(args[1]) ? -1 : hd_number_as_size(t, args[1], &hd_OverflowError);
    if (limit == -1 && hd_raised(t)) return HD_NULL;
    HdBuffer data;
    if (hd_buffer_get(t, args[0], &data, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdDecompressStep step = {.out = hd_output_block(limit)};
    bool raised = false, fine = true;
    hd_mutex_lock(t, &self->mutex);
    bool ended = self->eof;
    if (!ended) fine = work_on(t, self, &data, work, &step, &raised);
    hd_mutex_unlock(&self->mutex);
    hd_buffer_release(t, &data);
    HD_OWNED HdValue result = hd_output_block_finish(t, &step.out);
    if (ended) return hd_raise(t, &hd_EOFError, "%s", eof_message);
    if (!fine) return hd_raise_no_memory(t);
    if (step.error) {
        raise(t, self, step.error);
        return HD_NULL;
    }
    return raised ? HD_NULL : hd_move(&result);
}
