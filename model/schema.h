/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A JSON Schema (draft 2020-12) of a record, from its rows: for editors and other programs. It says what a file
 * may look like; rules between keys and between objects are check's.
 */
#ifndef MODEL_SCHEMA_H
#define MODEL_SCHEMA_H

#include "model/field.h"
#include "model/node.h"

/* root is a file's record; the keys that the document itself takes out of it (include, vars) are added. In arena. */
struct node *schema_build(const struct record *root, struct arena *arena);

#endif
