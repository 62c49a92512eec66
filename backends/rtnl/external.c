/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line per row, "mtu=1500", in the words of the rows. Files: SCOPE_RUN_DIRECTORY/<topology>/links/<place>/<link>,
 * the host's own place being "host"; no name can hold a slash.
 */
#include "backends/rtnl/external.h"

#include "backends/former_mtu.h"
#include "model/classes.h"
#include "model/cleanup.h"
#include "model/link.h"
#include "model/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096

static void directory_path(char *ret, const struct scope *scope)
{
	snprintf(ret, PATH_SIZE, "%s/%s/links", SCOPE_RUN_DIRECTORY, scope->topology);
}

static int record_path(char *ret, const struct scope *scope, const char *place, const char *name,
		       struct error *err)
{
	char directory[PATH_SIZE];

	directory_path(directory, scope);
	if (snprintf(ret, PATH_SIZE, "%s/%s/%s", directory, place[0] ? place : "host", name) >=
	    PATH_SIZE - 8)
		return error_set(err, ENAMETOOLONG, "name of the record is too long");
	return 0;
}

/* Written here, then renamed. ':' is in no namespace's name. */
static void fresh_path(char *ret, const struct scope *scope)
{
	snprintf(ret, PATH_SIZE, "%s/%s/links/:new", SCOPE_RUN_DIRECTORY, scope->topology);
}

bool external_any(const struct scope *scope)
{
	char path[PATH_SIZE];

	directory_path(path, scope);
	return access(path, F_OK) == 0;
}

static void read_line(struct external *external, char *line, struct arena *arena)
{
	char *value = strchr(line, '=');
	const struct field *field;
	void *data;
	size_t i;

	if (!value)
		return;
	*value++ = 0;
	value[strcspn(value, "\n")] = 0;
	for (i = 0; object_field(&external->object, i, &field, &data); i++) {
		AUTO_TEXT struct text why = { 0 };

		if (strcmp(field->name, line) != 0)
			continue;
		if (!value[0] || field_parse(field, data, value, arena, &why))
			external->rows |= 1ULL << i;
		return;
	}
}

int external_load(struct external *ret, const struct scope *scope, const char *place,
		  const char *name, struct arena *arena, struct error *err)
{
	AUTO_FILE FILE *file = NULL;
	char path[PATH_SIZE], line[256];
	struct link *link = record_new(&class_link.record, arena);
	int r = record_path(path, scope, place, name, err);

	if (r < 0)
		return r;
	ret->object = (struct object){ .class = &class_link,
				       .place = arena_strdup(arena, place),
				       .name = arena_strdup(arena, name),
				       .data = link,
				       .external = true };
	ret->rows = 0;
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : error_set(err, errno, "%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), file))
		read_line(ret, line, arena);
	return 0;
}

uint32_t former_mtu(const char *topology, const char *link)
{
	const struct scope scope = { .topology = topology };
	struct external external = { .rows = 0 };
	struct arena *arena = arena_new();
	const struct field *field;
	struct error ignored;
	uint32_t mtu = 0;
	void *data;
	size_t i;

	if (topology && external_load(&external, &scope, "", link, arena, &ignored) == 0)
		for (i = 0; object_field(&external.object, i, &field, &data); i++)
			if (external.rows & 1ULL << i && !strcmp(field->name, "mtu"))
				mtu = ((const struct link *)external.object.data)->mtu;
	arena_free(arena);
	return mtu;
}

/* mkdir -p for the directory of path. */
static int make_directories(char *path, struct error *err)
{
	char *slash;

	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		bool failed;
		int r;

		*slash = 0;
		failed = mkdir(path, 0700) < 0 && errno != EEXIST;
		r = failed ? error_set(err, errno, "cannot make %s: %s", path, strerror(errno)) : 0;
		*slash = '/';
		if (r < 0)
			return r;
	}
	return 0;
}

static int write_file(const char *path, const struct text *text, struct error *err)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text->data, text->length) != (ssize_t)text->length)
		return error_set(err, fd < 0 ? errno : EIO, "cannot write %s: %s", path,
				 strerror(errno));
	return 0;
}

/* Of a record's path: its place's directory and "links", if nothing is in them. Cuts the path. */
static void remove_directories(char *path)
{
	*strrchr(path, '/') = 0;
	(void)!rmdir(path);
	*strrchr(path, '/') = 0;
	(void)!rmdir(path);
}

static int remove_record(char *path, struct error *err)
{
	if (unlink(path) < 0 && errno != ENOENT && errno != ENOTDIR)
		return error_set(err, errno, "cannot remove %s: %s", path, strerror(errno));
	remove_directories(path);
	return 0;
}

int external_save(const struct external *external, const struct scope *scope, struct error *err)
{
	const struct object *object = &external->object;
	char path[PATH_SIZE], fresh[PATH_SIZE];
	AUTO_TEXT struct text text = { 0 };
	const struct field *field;
	void *data;
	size_t i;
	int r = record_path(path, scope, object->place, object->name, err);

	if (r < 0)
		return r;
	if (!external->rows)
		return remove_record(path, err);
	for (i = 0; object_field(object, i, &field, &data); i++) {
		if (!(external->rows & 1ULL << i))
			continue;
		text_add(&text, "%s=", field->name);
		field_format(field, data, &text);
		text_add(&text, "\n");
	}
	r = make_directories(path, err);
	fresh_path(fresh, scope);
	if (r == 0)
		r = write_file(fresh, &text, err);
	if (r == 0 && rename(fresh, path) < 0)
		r = error_set(err, errno, "cannot replace %s: %s", path, strerror(errno));
	if (r < 0) {
		unlink(fresh);
		remove_directories(path);
	}
	return r;
}

void external_note(struct external *external, const struct object *live, uint64_t mask,
		   struct arena *arena)
{
	const struct field *field, *live_field;
	void *data, *live_data;
	size_t i;

	for (i = 0; object_field(&external->object, i, &field, &data); i++) {
		if (!(mask & 1ULL << i) || external->rows & 1ULL << i ||
		    !object_field(live, i, &live_field, &live_data) || live_field != field)
			continue;
		field_copy(field, data, live_data, arena);
		external->rows |= 1ULL << i;
	}
}

void external_mend(const struct scope *scope)
{
	char path[PATH_SIZE];
	const struct dirent *entry;
	DIR *directory;

	fresh_path(path, scope);
	unlink(path);
	directory_path(path, scope);
	directory = opendir(path);
	if (!directory)
		return;
	/* Those that hold records stay. */
	while ((entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(directory), entry->d_name, AT_REMOVEDIR);
	closedir(directory);
	rmdir(path);
}
