/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of a sysctl, and its path. */
#include "model/sysctl.h"

#include "model/diag.h"
#include "model/link.h"
#include "model/model.h"
#include "model/classes.h"
#include "model/text.h"

#include <string.h>

static const struct field fields[] = {
	F_STRING(struct sysctl, value, "value", .flags = FIELD_REQUIRED),
	F_BOOL(struct sysctl, held, "held", .flags = FIELD_HIDDEN),
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

/*
 * The interface a path speaks of: net/ipv4/conf/IFACE/rp_filter. NULL: none, or it is one of the kernel's own words.
 * In arena.
 */
static const char *path_interface(struct arena *arena, const char *path)
{
	static const char *const trees[] = { "net/ipv4/conf/", "net/ipv6/conf/", "net/ipv4/neigh/",
					     "net/ipv6/neigh/", NULL };
	size_t i;

	for (i = 0; trees[i]; i++) {
		const char *name = path + strlen(trees[i]);
		const char *end;

		if (!text_starts_with(path, trees[i]))
			continue;
		end = strchr(name, '/');
		if (!end)
			return NULL;
		name = arena_strndup(arena, name, (size_t)(end - name));
		return strcmp(name, "all") != 0 && strcmp(name, "default") != 0 ? name : NULL;
	}
	return NULL;
}

static bool is_path_clean(const char *path)
{
	return path[0] != '/' && path[strlen(path) - 1] != '/' && !strstr(path, "//") &&
	       !strstr(path, "/./") && !strstr(path, "/../");
}

/* The host's own place may have interfaces that the file does not name; a namespace of ours has not. */
static void sysctl_check(const struct object *want, const struct model *model, struct diag *diag)
{
	const char *path, *interface;
	struct arena *arena = arena_new();

	path = sysctl_path(arena, want->name);
	if (!text_starts_with(path, "net/")) {
		diag_error(diag, &want->position,
			   "sysctl %s is not of the network: expected a name that starts with net.",
			   want->name);
	} else if (!is_path_clean(path)) {
		diag_error(diag, &want->position, "\"%s\" is no name of a sysctl", want->name);
		diag_hint(diag, "a name is written like net.ipv4.ip_forward");
	} else if ((interface = path_interface(arena, path)) && want->place[0] &&
		   !model_find(model, &class_link, want->place, interface)) {
		diag_error(diag, &want->position, "sysctl %s: there is no interface \"%s\" in %s",
			   want->name, interface, want->place);
	}
	arena_free(arena);
}

const struct class class_sysctl = {
	.name = "sysctl",
	.record = { .name = "sysctl",
		    .size = sizeof(struct sysctl),
		    FIELDS(fields),
		    .defaults = &(const struct sysctl){ .held = true } },
	.check = sysctl_check,
};
