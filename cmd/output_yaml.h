/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tree as YAML text that reads back as the same tree, with every YAML reader. */
#ifndef CMD_OUTPUT_YAML_H
#define CMD_OUTPUT_YAML_H

#include "model/node.h"

#include <stdio.h>

/* `tree` is a map. Maps of plain values and lists of them stand in one line where they fit. */
void output_yaml(FILE *file, const struct node *tree);

#endif
