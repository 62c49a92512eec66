/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of a sysctl, and its path. */
#include "model/sysctl.h"

#include "model/object.h"

#include <string.h>

static const struct field fields[] = {
	F_STRING(struct sysctl, value, "value", .flags = FIELD_REQUIRED),
	F_BOOL(struct sysctl, held, "held", .flags = FIELD_HIDDEN),
};

const struct class class_sysctl = {
	.name = "sysctl",
	.record = { .name = "sysctl",
		    .size = sizeof(struct sysctl),
		    FIELDS(fields),
		    .defaults = &(const struct sysctl){ .held = true } },
};

/* The first separator decides which of '.' and '/' separates, as sysctl(8) has it; the other is literal. */
const char *sysctl_path(struct arena *arena, const char *name)
{
	const char *first = strpbrk(name, "./");
	char *path = arena_strdup(arena, name);
	char *c;

	if (!first || *first == '/')
		return path;
	for (c = path; *c; c++)
		*c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
	return path;
}
