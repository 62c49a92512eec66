/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The links an object names, found through its rows: what validation, cascading and ordering follow. */
#ifndef RECONCILE_REFS_H
#define RECONCILE_REFS_H

#include "model/object.h"

/* Called for each reference that is set, lists included. field is the row that holds it. */
typedef void refs_visit(void *data, const struct object *object, const struct field *field,
			const struct ref *ref);

void refs_for_each(const struct object *object, refs_visit *visit, void *data);

#endif
