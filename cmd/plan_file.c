/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saved plans. The file is read as if an enemy had written it: bounded in size, of this user alone, every key of the
 * type that it must have. What it says of files and variables is taken as if it were written on the command line.
 */
#include "cmd/plan_file.h"

#include "cmd/input_json.h"
#include "cmd/output_json.h"
#include "cmd/session.h"

#include "model/cleanup.h"
#include "model/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE_LIMIT (32 << 20)

/* ---- reading ---- */

static const char *text_of(const struct node *map, const char *key)
{
	const struct node *node = node_find(map, key);

	return node && node->kind == NODE_SCALAR && node->type == NODE_TEXT ? node->text : NULL;
}

static const struct node *child_of(const struct node *map, const char *key, enum node_kind kind)
{
	const struct node *node = node_find(map, key);

	return node && node->kind == kind ? node : NULL;
}

/* A list of texts; false: it is something else. */
static bool take_texts(const char ***ret, size_t *n, const struct node *list, struct arena *arena)
{
	const struct node *child;

	if (!list)
		return false;
	*ret = arena_alloc(arena, (list->count + 1) * sizeof(**ret));
	NODE_FOR_EACH (child, list) {
		if (child->kind != NODE_SCALAR || child->type != NODE_TEXT || !child->text[0])
			return false;
		(*ret)[(*n)++] = child->text;
	}
	return true;
}

static bool take_variables(struct plan_file *ret, const struct node *list, struct arena *arena)
{
	const struct node *child;

	if (!list)
		return false;
	ret->variables = arena_alloc(arena, (list->count + 1) * sizeof(*ret->variables));
	NODE_FOR_EACH (child, list) {
		struct document_variable *variable = &ret->variables[ret->n_variables++];

		if (child->kind != NODE_MAP)
			return false;
		*variable = (struct document_variable){ .name = text_of(child, "name"),
							.value = text_of(child, "value"),
							.origin = text_of(child, "origin") };
		if (!variable->name || !variable->value || !variable->origin)
			return false;
	}
	return true;
}

static bool take_inputs(struct plan_file *ret, const struct node *list, struct arena *arena)
{
	const struct node *child;

	if (!list)
		return false;
	ret->inputs = arena_alloc(arena, (list->count + 1) * sizeof(*ret->inputs));
	NODE_FOR_EACH (child, list) {
		struct document_input *input = &ret->inputs[ret->n_inputs++];
		const char *digest = child->kind == NODE_MAP ? text_of(child, "sha256") : NULL;

		input->path = digest ? text_of(child, "path") : NULL;
		if (!input->path || strlen(digest) >= sizeof(input->sha256))
			return false;
		snprintf(input->sha256, sizeof(input->sha256), "%s", digest);
	}
	return true;
}

static bool take_command(struct plan_file *ret, const struct node *map, struct arena *arena)
{
	if (!map)
		return false;
	ret->directory = text_of(map, "directory");
	ret->host = text_of(map, "host");
	return ret->directory && ret->directory[0] == '/' &&
	       take_texts(&ret->files, &ret->n_files, child_of(map, "files", NODE_LIST), arena) &&
	       ret->n_files > 0 &&
	       take_texts(&ret->variable_files, &ret->n_variable_files,
			  child_of(map, "variable_files", NODE_LIST), arena) &&
	       take_variables(ret, child_of(map, "variables", NODE_LIST), arena);
}

int plan_file_parse(struct plan_file *ret, const char *text, size_t size, struct arena *arena,
		    struct error *err)
{
	struct plan_file file = { .text = text, .size = size };
	const char *kind, *version;
	struct node *root;
	int r = input_json(&root, text, size, arena, err);

	if (r < 0)
		return r;
	kind = root->kind == NODE_MAP ? text_of(root, "kind") : NULL;
	version = kind ? text_of(root, "format_version") : NULL;
	if (!kind || strcmp(kind, "plan") != 0 || !version || !text_starts_with(version, "1."))
		return error_set(err, EBADMSG, "expected a plan of format_version 1");
	file.created = text_of(root, "created");
	file.tool_version = text_of(root, "tool_version");
	file.live_digest = text_of(root, "live_digest");
	if (!file.created || !file.tool_version || !file.live_digest ||
	    !take_inputs(&file, child_of(root, "inputs", NODE_LIST), arena) ||
	    !take_command(&file, child_of(root, "command", NODE_MAP), arena))
		return error_set(err, EBADMSG, "it lacks what plan --out writes");
	*ret = file;
	return 0;
}

static int read_text(int fd, size_t size, char **ret, struct arena *arena)
{
	char *text = arena_alloc(arena, size + 1);
	size_t done = 0;
	ssize_t length;

	while (done < size) {
		length = read(fd, text + done, size - done);
		if (length < 0 && errno != EINTR)
			return -errno;
		if (length == 0)
			return -EAGAIN; /* somebody is writing it */
		done += length > 0 ? (size_t)length : 0;
	}
	*ret = text;
	return 0;
}

int plan_file_read(struct plan_file *ret, const char *path, struct arena *arena, struct error *err)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat info;
	char *text = NULL;
	int r;

	if (fd < 0 || fstat(fd, &info) < 0)
		return error_set(err, errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(info.st_mode))
		return error_set(err, EINVAL, "%s: not a regular file", path);
	if (info.st_uid != geteuid() || info.st_mode & (S_IWGRP | S_IWOTH))
		return error_set(err, EPERM,
				 "%s belongs to user %u with mode %04o: others may have written it",
				 path, info.st_uid, info.st_mode & 07777);
	if (info.st_size > SIZE_LIMIT)
		return error_set(err, EFBIG, "%s: larger than %d MiB", path, SIZE_LIMIT >> 20);
	r = read_text(fd, (size_t)info.st_size, &text, arena);
	if (r < 0)
		return error_set(err, -r, "%s: %s", path, strerror(-r));
	r = plan_file_parse(ret, text, (size_t)info.st_size, arena, err);
	if (r < 0)
		return error_add_context(err, "%s", path);
	ret->path = path;
	return 0;
}

struct options plan_file_options(const struct plan_file *file, const struct options *given)
{
	struct options options = *given;

	options.host = file->host;
	options.files = file->files;
	options.n_files = file->n_files;
	options.variable_files = file->variable_files;
	options.n_variable_files = file->n_variable_files;
	options.variables = file->variables;
	options.n_variables = file->n_variables;
	return options;
}

/* ---- writing ---- */

static void add_texts(struct node *map, const char *key, const char *const *texts, size_t n,
		      struct arena *arena)
{
	struct node *list = node_child(arena, map, key, NODE_LIST);
	size_t i;

	for (i = 0; i < n; i++)
		node_append(list, node_new_text(arena, NODE_TEXT, texts[i]));
}

static void add_command(struct node *root, const struct options *options, const char *directory,
			struct arena *arena)
{
	struct node *map = node_child(arena, root, "command", NODE_MAP), *list;
	size_t i;

	node_set_text(arena, map, "directory", directory);
	node_set_text(arena, map, "host", options->host);
	add_texts(map, "files", options->files, options->n_files, arena);
	add_texts(map, "variable_files", options->variable_files, options->n_variable_files, arena);
	list = node_child(arena, map, "variables", NODE_LIST);
	for (i = 0; i < options->n_variables; i++) {
		const struct document_variable *variable = &options->variables[i];
		struct node *one = node_append(list, node_new(arena, NODE_MAP));

		node_set_text(arena, one, "name", variable->name);
		node_set_text(arena, one, "value", variable->value);
		node_set_text(arena, one, "origin", variable->origin);
	}
}

/* What is saved, for a plan made at `created`; NULL: now. The caller frees it. */
static char *saved_text(struct session *session, const char *created, const char *directory,
			size_t *size)
{
	struct node *root = session_plan_tree(session, created);
	char *text = NULL;
	FILE *file = open_memstream(&text, size);

	add_command(root, session->options, directory, session->arena);
	output_json(arena_check(file), root, JSON_INDENTED);
	fclose(file);
	return text;
}

/* Under a name that nobody has, made from the one given. Leaves nothing on failure. */
static int write_new(char *path, const char *text, size_t size)
{
	AUTO_CLOSE int fd = mkostemp(path, O_CLOEXEC);
	size_t done = 0;
	ssize_t length;
	int r = 0;

	if (fd < 0)
		return -errno;
	while (done < size) {
		length = write(fd, text + done, size - done);
		if (length < 0 && errno != EINTR)
			break;
		done += length > 0 ? (size_t)length : 0;
	}
	if (done < size || fsync(fd) < 0) {
		r = -errno;
		unlink(path);
	}
	return r;
}

/* A link goes as a file does, but for /dev/stdout and the like: others need the devices of the machine, and those names. */
static bool is_replaceable(const char *path)
{
	char target[16] = "";
	struct stat there;

	return (stat(path, &there) < 0 || S_ISREG(there.st_mode)) &&
	       (readlink(path, target, sizeof(target) - 1) < 0 ||
		!text_starts_with(target, "/proc/"));
}

int plan_file_write(struct session *session, const char *path, struct error *err)
{
	char *temporary = arena_printf(session->arena, "%s.XXXXXX", path);
	AUTO_FREE char *directory = getcwd(NULL, 0);
	AUTO_FREE char *text = NULL;
	size_t size;
	int r;

	if (!directory)
		return error_set(err, errno, "the present directory: %s", strerror(errno));
	text = saved_text(session, NULL, directory, &size);
	if (size > SIZE_LIMIT)
		return error_set(err, EFBIG, "%s: it would be larger than %d MiB", path,
				 SIZE_LIMIT >> 20);
	if (!is_replaceable(path))
		return error_set(err, EINVAL, "%s: not a regular file", path);
	r = write_new(temporary, text, size);
	if (!r && rename(temporary, path) < 0) {
		r = -errno;
		unlink(temporary);
	}
	return r < 0 ? error_set(err, -r, "%s: %s", path, strerror(-r)) : 0;
}

/* ---- comparing ---- */

/* The input that is not what it was, in words; NULL: all are. */
static const char *changed_input(const struct plan_file *file, const struct session *session)
{
	const struct document_input *now;
	size_t n = document_inputs(session->document, &now), i;

	for (i = 0; i < n && i < file->n_inputs; i++)
		if (strcmp(now[i].path, file->inputs[i].path) != 0 ||
		    strcmp(now[i].sha256, file->inputs[i].sha256) != 0)
			return now[i].path;
	return n != file->n_inputs ? "the list of files" : NULL;
}

int plan_file_compare(const struct plan_file *file, struct session *session, struct error *err)
{
	const char *input = changed_input(file, session);
	char digest[SESSION_DIGEST_MAX];
	AUTO_FREE char *text = NULL;
	size_t size;

	if (strcmp(file->tool_version, VNETAPPLY_VERSION) != 0)
		return error_set(err, ESTALE, "%s was made by version %s, and this is %s",
				 file->path, file->tool_version, VNETAPPLY_VERSION);
	if (input)
		return error_set(err, ESTALE, "%s has changed since %s was made", input,
				 file->path);
	if (strcmp(file->live_digest, session_live_digest(session, digest)) != 0)
		return error_set(err, ESTALE, "the live state has changed since %s was made",
				 file->path);
	text = saved_text(session, file->created, file->directory, &size);
	if (size != file->size || memcmp(text, file->text, size) != 0)
		return error_set(err, ESTALE, "planning again does not give what stands in %s",
				 file->path);
	return 0;
}
