/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UTF-8 (RFC 3629) for output formats that allow nothing else: the kernel lets a name hold any bytes. */
#ifndef CMD_OUTPUT_UTF8_H
#define CMD_OUTPUT_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at text, 1 to 4, with its value in *ret; 0: no valid character starts here. */
size_t utf8_next(const char *text, uint32_t *ret);

#endif
