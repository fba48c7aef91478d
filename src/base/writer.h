/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing into a fixed buffer with a sticky overflow: what does not fit marks the writer full and changes nothing;
 * callers check once, at the end.
 */
#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writer {
	uint8_t *bytes;
	size_t n_max;
	size_t n_bytes; /* written so far */
	bool full;      /* something did not fit */
};

struct writer writer_over(void *bytes, size_t n_max);

/* Room for n_bytes to be filled by the caller, or NULL and full. */
uint8_t *writer_reserve(struct writer *w, size_t n_bytes);

void writer_bytes(struct writer *w, const void *bytes, size_t n_bytes);
void writer_zeros(struct writer *w, size_t n_bytes);
void writer_u8(struct writer *w, uint8_t value);
void writer_be16(struct writer *w, uint16_t value);
void writer_be24(struct writer *w, uint32_t value);
void writer_be32(struct writer *w, uint32_t value);

/* Host byte order, for kernel ABIs. */
void writer_host16(struct writer *w, uint16_t value);
void writer_host32(struct writer *w, uint32_t value);
void writer_host64(struct writer *w, uint64_t value);

/* Text without a final NUL. */
void writer_text(struct writer *w, const char *text);
void writer_format(struct writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Lower-case hex digits, two a byte. */
void writer_hex(struct writer *w, const uint8_t *bytes, size_t n_bytes);

#endif
