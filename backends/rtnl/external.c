/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "index=4" of the link, one line per row, "mtu=1500", in the words of the rows, and one for what it was set to, "set
 * mtu=1400", and to before, "set set mtu=1450": a run may be killed before or after it sets another value. Files:
 * SCOPE_RUN_DIRECTORY/<topology>/links/<place>/<link>, the host's own place being "host"; no name can hold a slash.
 */
#include "backends/rtnl/external.h"

#include "backends/former_mtu.h"
#include "backends/rtnl/link_ops.h"
#include "model/classes.h"
#include "model/cleanup.h"
#include "model/link.h"
#include "model/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096
#define SET	  "set "
#define INDEX	  "index"

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
	bool is_set = text_starts_with(line, SET);
	bool is_former = is_set && text_starts_with(line + strlen(SET), SET);
	struct external_rows *set = is_former ? &external->former_set : &external->set;
	struct object *object = is_set ? &set->object : &external->object;
	uint64_t *rows = is_set ? &set->rows : &external->rows;
	char *value = strchr(line, '=');
	const struct field *field;
	void *data;
	size_t i;

	if (!value)
		return;
	*value++ = 0;
	value[strcspn(value, "\n")] = 0;
	if (!strcmp(line, INDEX))
		external->index = (uint32_t)strtoul(value, NULL, 10);
	line += is_former ? 2 * strlen(SET) : is_set ? strlen(SET) : 0;
	for (i = 0; object_field(object, i, &field, &data); i++) {
		AUTO_TEXT struct text why = { 0 };

		if (strcmp(field->name, line) != 0)
			continue;
		if (!value[0] || field_parse(field, data, value, arena, &why))
			*rows |= 1ULL << i;
		return;
	}
}

static struct object new_object(const char *place, const char *name, struct arena *arena)
{
	return (struct object){ .class = &class_link,
				.place = arena_strdup(arena, place),
				.name = arena_strdup(arena, name),
				.data = record_new(&class_link.record, arena),
				.external = true };
}

int external_load(struct external *ret, const struct scope *scope, const char *place,
		  const char *name, uint32_t index, struct arena *arena, struct error *err)
{
	AUTO_FILE FILE *file = NULL;
	char path[PATH_SIZE], line[256];
	int r = record_path(path, scope, place, name, err);

	if (r < 0)
		return r;
	*ret = (struct external){ .object = new_object(place, name, arena),
				  .set.object = new_object(place, name, arena),
				  .former_set.object = new_object(place, name, arena) };
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : error_set(err, errno, "%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), file))
		read_line(ret, line, arena);
	if (index && ret->index && ret->index != index)
		ret->rows = ret->set.rows = ret->former_set.rows = 0;
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

	if (topology && external_load(&external, &scope, "", link, 0, arena, &ignored) == 0)
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

static void add_lines(struct text *text, const char *prefix, const struct object *object,
		      uint64_t rows)
{
	const struct field *field;
	void *data;
	size_t i;

	for (i = 0; object_field(object, i, &field, &data); i++) {
		if (!(rows & 1ULL << i))
			continue;
		text_add(text, "%s%s=", prefix, field->name);
		field_format(field, data, text);
		text_add(text, "\n");
	}
}

int external_save(const struct external *external, const struct scope *scope, struct error *err)
{
	const struct object *object = &external->object;
	char path[PATH_SIZE], fresh[PATH_SIZE];
	AUTO_TEXT struct text text = { 0 };
	int r = record_path(path, scope, object->place, object->name, err);

	if (r < 0)
		return r;
	if (!external->rows)
		return remove_record(path, err);
	text_add(&text, INDEX "=%u\n", external->index);
	add_lines(&text, "", object, external->rows);
	add_lines(&text, SET, &external->set.object, external->set.rows & external->rows);
	add_lines(&text, SET SET, &external->former_set.object,
		  external->former_set.rows & external->rows);
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

/* Copies the rows in mask; returns their bits. */
static uint64_t copy_rows(struct object *to, const struct object *from, uint64_t mask,
			  struct arena *arena)
{
	const struct field *field, *from_field;
	void *data, *from_data;
	uint64_t rows = 0;
	size_t i;

	for (i = 0; object_field(to, i, &field, &data); i++) {
		if (!(mask & 1ULL << i) || !object_field(from, i, &from_field, &from_data) ||
		    from_field != field)
			continue;
		field_copy(field, data, from_data, arena);
		rows |= 1ULL << i;
	}
	return rows;
}

void external_note(struct external *external, const struct object *live, const struct object *want,
		   uint64_t mask, struct arena *arena)
{
	external->rows |= copy_rows(&external->object, live, mask & ~external->rows, arena);
	external->former_set.rows |= copy_rows(&external->former_set.object, &external->set.object,
					       mask & external->set.rows, arena);
	external->set.rows |= copy_rows(&external->set.object, want, mask, arena);
}

static bool is_value(const struct external_rows *set, size_t at, const struct object *live)
{
	const struct field *field, *live_field;
	void *data, *live_data;

	return set->rows & 1ULL << at && object_field(&set->object, at, &field, &data) &&
	       object_field(live, at, &live_field, &live_data) && field == live_field &&
	       field_equal(field, data, live_data);
}

/* Whether somebody made it a port of another bridge since. That it is none by now may come of the bridge's end. */
static bool is_taken(const struct external *external, const struct object *live)
{
	const char *master = object_link(live)->master.name;
	const char *set = object_link(&external->set.object)->master.name;
	const char *former = object_link(&external->former_set.object)->master.name;

	return external->set.rows & link_rows(live).master && master &&
	       (!set || strcmp(master, set) != 0) && (!former || strcmp(master, former) != 0);
}

uint64_t external_unchanged(const struct external *external, const struct object *live)
{
	const struct link_rows rows = link_rows(live);
	uint64_t mask = external->rows, port = rows.master | rows.port;
	size_t i;

	if (is_taken(external, live))
		mask &= ~port;
	for (i = 0; i < 64; i++)
		if (external->set.rows & ~port & 1ULL << i && !is_value(&external->set, i, live) &&
		    !is_value(&external->former_set, i, live))
			mask &= ~(1ULL << i);
	return mask;
}

/* Records below the directory of one place. */
static void each_in(const char *path, const char *place, external_visit *visit, void *data)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			visit(data, strcmp(place, "host") != 0 ? place : "", entry->d_name);
	if (directory)
		closedir(directory);
}

void external_each(const struct scope *scope, external_visit *visit, void *data)
{
	char path[PATH_SIZE], below[PATH_SIZE];
	const struct dirent *entry;
	DIR *directory;

	directory_path(path, scope);
	directory = opendir(path);
	while (directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.' &&
		    snprintf(below, PATH_SIZE, "%s/%s", path, entry->d_name) < PATH_SIZE)
			each_in(below, entry->d_name, visit, data);
	if (directory)
		closedir(directory);
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
