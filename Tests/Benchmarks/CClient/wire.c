/* The presentation language and frames. */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fail(const char *sentence) {
    fprintf(stderr, "bench-client: %s\n", sentence);
    exit(1);
}

void put(struct bytes *to, const void *data, size_t count) {
    if (to->room - to->count < count) {
        to->room = 2 * (to->count + count) + 256;
        to->data = realloc(to->data, to->room);
        if (!to->data) fail("no memory");
    }
    if (count) memcpy(to->data + to->count, data, count);
    to->count += count;
}

void put_number(struct bytes *to, uint64_t number, int width) {
    uint8_t text[8];
    for (int i = 0; i < width; i++) text[i] = (uint8_t)(number >> 8 * (width - 1 - i));
    put(to, text, (size_t)width);
}

void put_vector(struct bytes *to, const void *data, size_t count) {
    if (count < 1 << 6) put_number(to, count, 1);
    else if (count < 1 << 14) put_number(to, 1u << 14 | count, 2);
    else if (count < 1 << 30) put_number(to, 2u << 30 | count, 4);
    else fail("a vector is too long");
    put(to, data, count);
}

void put_text(struct bytes *to, const char *text) { put_vector(to, text, strlen(text)); }

const uint8_t *take(struct bytes *from, size_t count) {
    if (from->count - from->taken < count) fail("a body is too short");
    from->taken += count;
    return from->data + from->taken - count;
}

uint64_t take_number(struct bytes *from, int width) {
    uint64_t number = 0;
    const uint8_t *data = take(from, (size_t)width);
    for (int i = 0; i < width; i++) number = number << 8 | data[i];
    return number;
}

size_t take_length(struct bytes *from) {
    uint64_t first = take_number(from, 1);
    int width = 1 << (first >> 6);
    if (width == 8) fail("a length has no such form");
    uint64_t length = first & 0x3f;
    return width == 1 ? length : (length << 8 * (width - 1) | take_number(from, width - 1));
}

void put_frame(struct bytes *to, enum kind kind, uint32_t correlation, const struct bytes *body) {
    put_number(to, 5 + body->count, 4);
    put_number(to, kind, 1);
    put_number(to, correlation, 4);
    put(to, body->data, body->count);
}
