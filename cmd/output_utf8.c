/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One character of UTF-8 at a time; overlong forms, surrogates and what lies past U+10FFFF are not valid. */
#include "cmd/output_utf8.h"

size_t utf8_next(const char *text, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)text[0];
	size_t size, i;
	uint32_t value;

	if (first < 0x80) {
		*ret = first;
		return 1;
	}
	if (first < 0xc2 || first > 0xf4)
		return 0;
	size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	value = first & (0x7fU >> size);
	for (i = 1; i < size; i++) { /* the NUL at the end is no continuation byte */
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | ((unsigned char)text[i] & 0x3f);
	}
	if (value < least[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*ret = value;
	return size;
}
