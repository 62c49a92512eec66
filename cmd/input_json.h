/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON (RFC 8259) into a tree: the way back of output_json. */
#ifndef CMD_INPUT_JSON_H
#define CMD_INPUT_JSON_H

#include "model/error.h"
#include "model/node.h"

#include <stddef.h>

/*
 * Reads one document, which may be hostile: a key written twice, NUL characters, numbers that are not whole and more
 * than 32 levels are refused. The tree is in arena. -EBADMSG, with line and column in err.
 */
int input_json(struct node **ret, const char *text, size_t size, struct arena *arena,
	       struct error *err);

#endif
