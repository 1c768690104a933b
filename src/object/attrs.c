/* attrs.c -- shapes and the attributes of instances (attrs.h).
 *
 * An instance's attributes change under its lock; reads take none: they load the word, the value, and the word again.
 * Shapes are never freed before their class, so a shape seen once stays readable. A class's tree of shapes is guarded by
 * the class's lock. When instances outgrow the inline values, the class gets a new root with more of them for instances
 * made from then on; the one that outgrew keeps its attributes in a dict.
 */
#include "attrs.h"

#include "dict.h"
#include "object_internal.h"
#include "str.h"

enum { LEAST_CAPACITY = 6 };

/* --- shapes --- */

HD_INLINE uint32_t name_hash(uint64_t name) { return (uint32_t)(name >> 4 ^ name >> 12); }

int hd_shape_index_table(const HdShape *shape, HdValue name) {
    for (uint32_t i = name_hash(name.bits);; i++) {
        uint8_t number = shape->table[i & shape->table_mask];
        if (!number) return -1;
        if (shape->names[number - 1] == name.bits) return number - 1;
    }
}

static void shape_free(HdThread *t, HdShape *shape) {
    for (uint32_t i = 0; i < shape->child_count; i++) shape_free(t, shape->children[i]);
    if (shape->children) hd_heap_raw_free(t, shape->children, shape->child_capacity * sizeof *shape->children);
    if (shape->names) hd_heap_raw_free(t, (void *)shape->names, shape->count * sizeof *shape->names);
    if (shape->table) hd_heap_raw_free(t, (void *)shape->table, shape->table_mask + 1);
    hd_release(t, shape->name);
    hd_heap_raw_free(t, shape, sizeof *shape);
}

void hd_shape_free_all(HdThread *t, HdType *type) {
    HdShape *root = type->root_shape;
    type->root_shape = NULL;
    while (root) {
        HdShape *older = root->older;
        shape_free(t, root);
        root = older;
    }
}

static HdShape *shape_new(HdThread *t, HdType *type, HdShape *parent, HdValue name, uint32_t capacity) {
    HdShape *shape = hd_heap_raw_zeroed(t, sizeof *shape);
    if (!shape) return NULL;
    shape->type = type;
    shape->parent = parent;
    shape->capacity = capacity;
    if (!parent) return shape;
    shape->count = parent->count + 1;
    uint64_t *names = hd_heap_raw(t, shape->count * sizeof *names);
    shape->names = names;
    if (!names) goto failed;
    if (parent->count) memcpy(names, parent->names, parent->count * sizeof *names);
    names[parent->count] = name.bits;
    if (shape->count > HD_SHAPE_LINEAR) {
        uint32_t size = 32;
        while (size < shape->count * 2) size *= 2;
        uint8_t *table = hd_heap_raw_zeroed(t, size);
        if (!table) goto failed;
        shape->table = table;
        shape->table_mask = size - 1;
        for (uint32_t n = 0; n < shape->count; n++) {
            uint32_t i = name_hash(names[n]) & shape->table_mask;
            while (table[i]) i = (i + 1) & shape->table_mask;
            table[i] = (uint8_t)(n + 1);
        }
    }
    shape->name = hd_retain(t, name);
    return shape;
failed:
    shape_free(t, shape);
    return NULL;
}

HdShape *hd_shape_root(HdThread *t, HdType *type) {
    HdShape *root = HD_LOAD_ACQUIRE(&type->root_shape);
    if (root) return root;
    /* The hint counts what the methods store; who uses the class may add to that. */
    uint32_t capacity = type->attrs_hint > LEAST_CAPACITY ? type->attrs_hint : LEAST_CAPACITY;
    HdShape *made = shape_new(t, type, NULL, HD_NULL, capacity);
    if (!made) {
        hd_raise_no_memory(t);
        return NULL;
    }
    hd_lock_object(t, &type->head);
    root = type->root_shape;
    if (!root) {
        type->inline_values = (uint16_t)made->capacity;
        HD_STORE_RELEASE(&type->root_shape, made);
        root = made;
        made = NULL;
    }
    hd_unlock_object(t, &type->head);
    if (made) shape_free(t, made);
    return root;
}

static HdShape *find_child(HdShape *shape, HdValue name) {
    for (uint32_t i = 0; i < shape->child_count; i++) {
        if (hd_same(shape->children[i]->name, name)) return shape->children[i];
    }
    return NULL;
}

/* Under the class's lock. */
static bool add_child(HdThread *t, HdShape *shape, HdShape *child) {
    if (shape->child_count == shape->child_capacity) {
        uint32_t capacity = shape->child_capacity ? shape->child_capacity * 2 : 2;
        HdShape **grown = hd_heap_raw_resize(t, shape->children, shape->child_capacity * sizeof *grown, capacity * sizeof *grown);
        if (!grown) return false;
        shape->children = grown;
        shape->child_capacity = capacity;
    }
    shape->children[shape->child_count++] = child;
    return true;
}

HdShape *hd_shape_child(HdThread *t, HdShape *shape, HdValue name) {
    HdObject *type = &shape->type->head;
    hd_lock_object(t, type);
    HdShape *child = find_child(shape, name);
    if (!child) {
        child = shape_new(t, shape->type, shape, name, shape->capacity);
        if (child && !add_child(t, shape, child)) {
            shape_free(t, child);
            child = NULL;
        }
    }
    hd_unlock_object(t, type);
    if (!child) hd_raise_no_memory(t);
    return child;
}

/* An instance had no room for one more: those made from now on get more. */
static void grow_inline(HdThread *t, HdShape *shape) {
    HdType *type = shape->type;
    if (shape->capacity >= 32 || !(type->flags2 & HD_TYPE2_ATTRS_LAST)) return;
    HdShape *made = shape_new(t, type, NULL, HD_NULL, shape->capacity * 2);
    if (!made) return; /* nothing is lost but speed */
    hd_lock_object(t, &type->head);
    if (type->root_shape && type->root_shape->capacity == shape->capacity) {
        made->older = type->root_shape;
        type->inline_values = (uint16_t)made->capacity;
        type->attrs_hint = type->inline_values;
        HD_STORE_RELEASE(&type->root_shape, made);
        made = NULL;
    }
    hd_unlock_object(t, &type->head);
    if (made) shape_free(t, made);
}

/* --- attributes of an instance --- */

HD_INLINE HdShape *word_shape(uint64_t word) { return (HdShape *)(uintptr_t)word; }
HD_INLINE HdValue word_dict(uint64_t word) { return (HdValue){word & ~(uint64_t)1}; }

static HdValue dict_find(HdThread *t, HdValue dict, HdValue name) {
    HdValue v;
    if (HD_LIKELY(hd_is_exact_dict(dict))) return hd_dict_get_str(t, dict, name);
    return hd_dict_find(t, dict, name, &v) > 0 ? v : HD_NULL;
}

/* In a dict, or beside others. */
static HD_NOINLINE HdValue attrs_get_slow(HdThread *t, HdObject *object, HdAttrs *attrs, HdValue name) {
    for (;;) {
        uint64_t word = HD_LOAD_ACQUIRE(&attrs->word);
        if (!word) return HD_NULL;
        if (HD_LIKELY(!hd_attrs_is_dict(word))) {
            int i = hd_shape_index(word_shape(word), name);
            if (i < 0) return HD_NULL;
            HdValue v = hd_slot_read(t, &attrs->values[i], object);
            if (HD_LIKELY(!t->locks || HD_LOAD_ACQUIRE(&attrs->word) == word)) return v;
            hd_release(t, v);
            continue;
        }
        HdValue dict = word_dict(word);
        if (!t->locks) return dict_find(t, dict, name);
        HdValue held = hd_attrs_dict(t, object); /* the dict may be exchanged meanwhile */
        if (hd_is_null(held)) {
            hd_clear_raised(t);
            return HD_NULL;
        }
        HdValue v = dict_find(t, held, name);
        hd_release(t, held);
        return v;
    }
}

HdValue hd_attrs_get(HdThread *t, HdObject *object, HdValue name) {
    HdAttrs *attrs = hd_attrs_of(object);
    if (!attrs) return HD_NULL;
    uint64_t word = HD_LOAD_ACQUIRE(&attrs->word);
    if (!word) return HD_NULL;
    if (HD_UNLIKELY(t->locks || hd_attrs_is_dict(word))) return attrs_get_slow(t, object, attrs, name);
    int i = hd_shape_index(word_shape(word), name);
    return i < 0 ? HD_NULL : hd_retain(t, attrs->values[i]);
}

HdValue hd_attrs_find_borrowed(HdObject *object, HdValue name) {
    HdAttrs *attrs = hd_attrs_of(object);
    uint64_t word = attrs ? HD_LOAD_ACQUIRE(&attrs->word) : 0;
    if (!word) return HD_NULL;
    if (!hd_attrs_is_dict(word)) {
        int i = hd_shape_index(word_shape(word), name);
        return i < 0 ? HD_NULL : attrs->values[i];
    }
    HdThread *t = hd_thread_current();
    HdValue v = dict_find(t, word_dict(word), name);
    hd_release(t, v);
    return v;
}

/* Moves the inline values into a new dict; under the lock, which stays held. -1 = MemoryError, nothing changed. */
static int to_dict(HdThread *t, HdObject *object, HdAttrs *attrs) {
    uint64_t word = attrs->word;
    if (hd_attrs_is_dict(word)) return 0;
    HdShape *shape = word_shape(word);
    HdSize count = shape ? (HdSize)shape->count : 0;
    HdValue dict = count ? hd_dict_new_sized(t, count) : hd_dict_new(t);
    if (hd_is_null(dict)) return -1;
    for (HdSize i = 0; i < count; i++) {
        if (hd_is_null(attrs->values[i])) continue;
        if (hd_dict_set(t, dict, (HdValue){shape->names[i]}, attrs->values[i]) < 0) {
            hd_release(t, dict);
            return -1;
        }
    }
    HD_STORE_RELEASE(&attrs->word, dict.bits | 1);
    for (HdSize i = 0; i < count; i++) { /* the dict holds them now: no finalizer can run here */
        HdValue old = hd_slot_exchange(&attrs->values[i], HD_NULL);
        hd_release(t, old);
    }
    return 0;
}

HdValue hd_attrs_dict(HdThread *t, HdObject *object) {
    HdAttrs *attrs = hd_attrs_of(object);
    if (!attrs) return hd_raise(t, &hd_AttributeError, "'%T' object has no attribute '__dict__'", hd_from_object(object));
    hd_lock_object(t, object);
    HdValue dict = to_dict(t, object, attrs) < 0 ? HD_NULL : hd_retain(t, word_dict(attrs->word));
    hd_unlock_object(t, object);
    return dict;
}

static int set_in_dict(HdThread *t, HdValue dict, HdValue name, HdValue value) {
    if (!hd_is_null(value)) return hd_dict_set(t, dict, name, value);
    HdValue old;
    int found = hd_dict_pop(t, dict, name, &old);
    if (found > 0) hd_release(t, old);
    return found < 0 ? -1 : !found;
}

/* Under the lock: 0 stored inline (*old to be dropped), 1 to be done in the dict, 2 nothing there to delete, -1 raised. */
static int set_inline(HdThread *t, HdObject *object, HdAttrs *attrs, HdValue name, HdValue value, HdValue *old) {
    uint64_t word;
again:
    word = attrs->word;
    if (hd_attrs_is_dict(word)) return 1;
    HdShape *shape = word_shape(word);
    int i = shape ? hd_shape_index(shape, name) : -1;
    if (i >= 0) {
        if (hd_is_null(value)) return to_dict(t, object, attrs) < 0 ? -1 : 1;
        *old = hd_slot_exchange(&attrs->values[i], hd_retain(t, value));
        return 0;
    }
    if (hd_is_null(value)) return 2;
    if (shape && shape->count < shape->capacity) {
        HdShape *child = hd_shape_child(t, shape, name);
        if (!child) return -1;
        if (HD_UNLIKELY(attrs->word != word)) goto again; /* waiting for the class's lock let go of the object's */
        HD_STORE_RELEASE(&attrs->values[shape->count].bits, hd_retain(t, value).bits);
        HD_STORE_RELEASE(&attrs->word, (uint64_t)(uintptr_t)child);
        return 0;
    }
    if (to_dict(t, object, attrs) < 0) return -1;
    if (shape) grow_inline(t, shape);
    return 1;
}

int hd_attrs_set(HdThread *t, HdObject *object, HdValue name, HdValue value) {
    HdAttrs *attrs = hd_attrs_of(object);
    if (!attrs) return hd_raise_int(t, &hd_AttributeError, "'%T' object has no attribute '%V'", hd_from_object(object), name);
    HdValue old = HD_NULL, dict = HD_NULL;
    hd_lock_object(t, object);
    int result = set_inline(t, object, attrs, name, value, &old);
    if (result == 1) dict = hd_retain(t, word_dict(attrs->word));
    hd_unlock_object(t, object);
    hd_release(t, old);
    if (result == 2) return 1;
    if (result != 1) return result;
    result = set_in_dict(t, dict, name, value);
    hd_release(t, dict);
    return result;
}

/* Takes the attributes away; under the lock. Fills drop[] with what is to be released, returns how many. */
static HdSize take_all(HdAttrs *attrs, uint64_t new_word, HdValue *drop) {
    uint64_t word = attrs->word;
    HdSize n = 0;
    if (!hd_attrs_is_dict(word) && word) {
        HdShape *shape = word_shape(word);
        for (uint32_t i = 0; i < shape->count; i++) drop[n++] = attrs->values[i];
    } else if (word) {
        drop[n++] = word_dict(word);
    }
    HD_STORE_RELEASE(&attrs->word, new_word);
    if (!hd_attrs_is_dict(word)) {
        for (HdSize i = 0; i < n; i++) HD_STORE_RELEASE(&attrs->values[i].bits, 0);
    }
    return n;
}

int hd_attrs_set_dict(HdThread *t, HdObject *object, HdValue dict) {
    HdAttrs *attrs = hd_attrs_of(object);
    if (!attrs) return hd_raise_int(t, &hd_AttributeError, "'%T' object has no attribute '__dict__'", hd_from_object(object));
    HdValue drop[HD_SHAPE_MAX];
    hd_retain(t, dict);
    hd_lock_object(t, object);
    HdSize n = take_all(attrs, dict.bits | 1, drop);
    hd_unlock_object(t, object);
    for (HdSize i = 0; i < n; i++) hd_release(t, drop[i]);
    return 0;
}

void hd_attrs_clear(HdThread *t, HdObject *object) {
    HdAttrs *attrs = hd_attrs_of(object);
    if (!attrs || !attrs->word) return;
    if (HD_LIKELY(hd_shared_is_dead(HD_LOAD_RELAXED(&object->shared)))) { /* nobody else has it, nor will */
        hd_attrs_free(t, object);
        HD_STORE_RELAXED(&attrs->word, 0);
        return;
    }
    HdValue drop[HD_SHAPE_MAX];
    hd_lock_object(t, object);
    uint64_t word = attrs->word;
    HdShape *root = hd_attrs_is_dict(word) ? NULL : word_shape(word);
    while (root && root->parent) root = root->parent;
    HdSize n = take_all(attrs, (uint64_t)(uintptr_t)root, drop);
    hd_unlock_object(t, object);
    for (HdSize i = 0; i < n; i++) hd_release(t, drop[i]);
}

void hd_attrs_free(HdThread *t, HdObject *object) {
    HdAttrs *attrs = hd_attrs_of(object);
    uint64_t word = attrs ? attrs->word : 0;
    if (!word) return;
    if (hd_attrs_is_dict(word)) {
        hd_release(t, word_dict(word));
        return;
    }
    for (uint32_t i = 0, count = word_shape(word)->count; i < count; i++) hd_release(t, attrs->values[i]);
}

int hd_attrs_traverse(HdObject *object, HdVisit visit, void *context) {
    HdAttrs *attrs = hd_attrs_of(object);
    uint64_t word = attrs ? HD_LOAD_ACQUIRE(&attrs->word) : 0;
    if (!word) return 0;
    if (hd_attrs_is_dict(word)) {
        HD_VISIT(word_dict(word));
        return 0;
    }
    HdShape *shape = word_shape(word);
    for (uint32_t i = 0; i < shape->count; i++) HD_VISIT(attrs->values[i]);
    return 0;
}

/* Instances of metaclasses and of subclasses of module: the built-in base has the __dict__. */
static HdValue native_dict(HdThread *t, HdValue self) {
    for (HdType *type = hd_type_of(self); type; type = type->base) {
        if (type->flags & HD_TYPE_HEAP) continue;
        HD_OWNED HdValue descr = hd_dict_get_text(t, type->dict, "__dict__");
        HdDescrGet get = hd_is_null(descr) ? NULL : hd_type_of(descr)->descr_get;
        if (get) return get(t, descr, self, hd_type_value(hd_type_of(self)));
    }
    return hd_raise(t, &hd_AttributeError, "This object has no __dict__");
}

HdValue hd_attrs_get_dict_attr(HdThread *t, HdValue self, void *closure) {
    if (!hd_is_object(self) || !hd_attrs_of(hd_as_object(self))) return native_dict(t, self);
    return hd_attrs_dict(t, hd_as_object(self));
}

int hd_attrs_set_dict_attr(HdThread *t, HdValue self, HdValue value, void *closure) {
    if (!hd_is_object(self) || !hd_attrs_of(hd_as_object(self))) {
        return hd_raise_int(t, &hd_AttributeError, "attribute '__dict__' of '%T' objects is not writable", self);
    }
    if (hd_is_null(value)) { /* `del x.__dict__` leaves an empty one behind */
        hd_attrs_clear(t, hd_as_object(self));
        return 0;
    }
    if (!hd_is_dict(value)) return hd_raise_int(t, &hd_TypeError, "__dict__ must be set to a dictionary, not a '%T'", value);
    return hd_attrs_set_dict(t, hd_as_object(self), value);
}
