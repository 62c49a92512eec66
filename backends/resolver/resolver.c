/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The backend of class resolver: files below /etc/netns/NAME, which `ip netns exec` binds over those in /etc. A file is
 * ours by the mark in its first line; one without it is somebody else's, never written or removed.
 */
#include "backends/backends.h"
#include "backends/resolver/directory.h"
#include "model/classes.h"
#include "model/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define NSSWITCH "/etc/nsswitch.conf"

/* Files that somebody edited, so that an undo can bring them back as they were. */
struct edited {
	struct edited *next;
	const struct object *object;
	struct contents contents;
};

struct backend_ctx {
	const struct scope *scope;
	struct arena *arena;
	struct edited *edited;
	const char *nsswitch; /* of the host; NULL: not read yet */
};

static bool resolver_handles(const struct class *class)
{
	return class == &class_resolver;
}

static int resolver_open(struct backend_ctx **ret, const struct backend_options *options,
			 struct error *err)
{
	struct backend_ctx *ctx = calloc(1, sizeof(*ctx));

	if (!ctx)
		return error_set(err, ENOMEM, "out of memory");
	ctx->scope = options->scope;
	ctx->arena = arena_new();
	*ret = ctx;
	return 0;
}

static void resolver_close(struct backend_ctx *ctx)
{
	if (!ctx)
		return;
	arena_free(ctx->arena);
	free(ctx);
}

/* ---- files ---- */

static int read_nsswitch(struct backend_ctx *ctx, struct error *err)
{
	int r = ctx->nsswitch
			? 0
			: resolver_file_read(AT_FDCWD, NSSWITCH, &ctx->nsswitch, ctx->arena, err);

	ctx->nsswitch = ctx->nsswitch ? ctx->nsswitch : "";
	return r;
}

/* What the files of a resolver shall be, in arena. */
static void contents_make(const struct backend_ctx *ctx, const struct resolver *resolver,
			  const char *name, struct contents *ret)
{
	size_t file;

	*ret = (struct contents){ 0 };
	for (file = 0; file < RESOLVER_FILES; file++) {
		AUTO_TEXT struct text text = { 0 };

		resolver_write((enum resolver_file)file, resolver, ctx->scope->topology, name,
			       ctx->nsswitch, &text);
		if (text.length)
			ret->texts[file] = arena_strdup(ctx->arena, text_get(&text));
	}
}

/* ---- observe ---- */

/* Whether a file that is wanted is there and not ours. */
static bool is_taken(const struct backend_ctx *ctx, const struct contents *live,
		     const struct contents *wanted)
{
	size_t file;

	for (file = 0; file < RESOLVER_FILES; file++)
		if (wanted->texts[file] && live->texts[file] &&
		    !resolver_is_marked(live->texts[file], ctx->scope->topology))
			return true;
	return false;
}

/* Reads our files back. Returns whether there are any. */
static bool decode(const struct backend_ctx *ctx, struct contents *live, struct resolver *ret,
		   struct arena *arena)
{
	bool found = false;
	size_t file;

	for (file = 0; file < RESOLVER_FILES; file++) {
		if (!live->texts[file] ||
		    !resolver_is_marked(live->texts[file], ctx->scope->topology)) {
			live->texts[file] = NULL;
			continue;
		}
		found = true;
		resolver_read((enum resolver_file)file, live->texts[file], ret, arena);
	}
	return found;
}

static void add_object(struct backend_ctx *ctx, const char *name, struct contents *live,
		       const struct resolver *found, enum owner owner, struct model *have)
{
	struct object *object = model_add(have, &class_resolver, "", name);
	struct resolver *resolver = object->data;
	struct contents made;
	struct edited *edited;

	object->owner = owner;
	record_copy(&class_resolver.record, resolver, found, model_arena(have));
	contents_make(ctx, resolver, name, &made);
	resolver->altered = !contents_equal(live, &made);
	if (!resolver->altered)
		return;
	edited = ARENA_NEW(ctx->arena, struct edited);
	*edited = (struct edited){ ctx->edited, object, *live };
	ctx->edited = edited;
}

static int observe_one(struct backend_ctx *ctx, const char *name, const struct model *want,
		       struct model *have, struct error *err)
{
	const struct object *wanted = model_find(want, &class_resolver, "", name);
	struct contents live, made = { 0 };
	struct resolver found = { 0 };
	bool is_foreign, is_ours;
	int r;

	if (model_find(have, &class_resolver, "", name))
		return 0;
	r = contents_read(name, &live, ctx->arena, err);
	if (r < 0)
		return r;
	if (wanted)
		contents_make(ctx, wanted->data, name, &made);
	is_foreign = is_taken(ctx, &live, &made);
	is_ours = decode(ctx, &live, &found, ctx->arena);
	if (is_foreign || is_ours)
		add_object(ctx, name, &live, &found, is_foreign ? OWNER_FOREIGN : OWNER_OURS, have);
	return 0;
}

static int observe_directory(struct backend_ctx *ctx, const struct model *want, struct model *have,
			     struct error *err)
{
	DIR *directory = opendir(RESOLVER_DIRECTORY);
	const struct dirent *entry;
	int r = 0;

	if (!directory)
		return errno == ENOENT
			       ? 0
			       : error_set(err, errno, RESOLVER_DIRECTORY ": %s", strerror(errno));
	while (r >= 0 && (entry = readdir(directory)))
		if (entry->d_name[0] != '.' && entry->d_type != DT_REG)
			r = observe_one(ctx, entry->d_name, want, have, err);
	closedir(directory);
	return r;
}

static int resolver_observe(struct backend_ctx *ctx, const struct model *want, struct model *have,
			    struct error *err)
{
	int r = read_nsswitch(ctx, err);

	return r < 0 ? r : observe_directory(ctx, want, have, err);
}

/* ---- apply ---- */

/* What the files shall be when ours are made `wanted`: what is not ours is not touched. */
static int put_files(struct backend_ctx *ctx, const char *name, const struct contents *wanted,
		     struct error *err)
{
	struct contents live, coming = *wanted;
	size_t file;
	int r = contents_read(name, &live, ctx->arena, err);

	for (file = 0; r >= 0 && file < RESOLVER_FILES; file++) {
		const char *text = live.texts[file];

		if (!text || resolver_is_marked(text, ctx->scope->topology) ||
		    text_equal(text, wanted->texts[file]))
			continue;
		if (wanted->texts[file])
			return error_set(err, EEXIST, "%s is there and not ours",
					 resolver_file_name((enum resolver_file)file));
		coming.texts[file] = text;
	}
	return r < 0 ? r : contents_put(name, &live, &coming, err);
}

static int apply_one(struct backend_ctx *ctx, const struct change *change, struct error *err)
{
	const struct object *object = change->want ? change->want : change->have;
	const struct edited *edited;
	struct contents wanted = { 0 };
	int r = read_nsswitch(ctx, err);

	if (r < 0)
		return r;
	if (change->want)
		contents_make(ctx, object->data, object->name, &wanted);
	for (edited = ctx->edited; edited; edited = edited->next)
		if (edited->object == change->want)
			wanted = edited->contents;
	return put_files(ctx, object->name, &wanted, err);
}

static int resolver_apply(struct backend_ctx *ctx, const struct change *const *changes, size_t n,
			  size_t *done, struct error *err)
{
	for (*done = 0; *done < n; ++*done) {
		const struct object *object =
			changes[*done]->want ? changes[*done]->want : changes[*done]->have;
		int r = apply_one(ctx, changes[*done], err);

		if (r < 0)
			return error_add_context(err, "resolver of %s", object->name);
	}
	return 0;
}

static int resolver_mend(struct backend_ctx *ctx, struct error *err)
{
	(void)ctx;
	(void)err;
	resolver_directory_mend();
	return 0;
}

const struct backend backend_resolver = {
	.name = "resolver",
	.handles = resolver_handles,
	.open = resolver_open,
	.observe = resolver_observe,
	.mend = resolver_mend,
	.apply = resolver_apply,
	.close = resolver_close,
};
