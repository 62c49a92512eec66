/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes of test vectors, written in hexadecimal. */
#ifndef TESTS_UNIT_HEX_H
#define TESTS_UNIT_HEX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* The number of bytes in TEXT, which must fit into ret[size]. */
static inline size_t hex_bytes(const char *text, uint8_t *ret, size_t size)
{
	size_t length = strlen(text) / 2;
	unsigned byte;

	assert_true(strlen(text) % 2 == 0 && length <= size);
	for (size_t i = 0; i < length; i++) {
		assert_int_equal(sscanf(text + 2 * i, "%2x", &byte), 1);
		ret[i] = (uint8_t)byte;
	}
	return length;
}

#endif
