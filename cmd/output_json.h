/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tree as JSON (RFC 8259). */
#ifndef CMD_OUTPUT_JSON_H
#define CMD_OUTPUT_JSON_H

#include "model/node.h"

#include <stdio.h>

enum json_layout { JSON_INDENTED, JSON_LINE };

/* Numbers and truth values by node->type, keys in the tree's order, a newline at the end. */
void output_json(FILE *file, const struct node *tree, enum json_layout layout);

#endif
