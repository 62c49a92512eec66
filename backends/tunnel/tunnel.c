/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The backend of class tunnel: workers, seen and changed through their control sockets.
 *
 * What runs is what answers in this topology's directory below /run/vnetapply; a socket that nobody
 * answers at is nothing. The answer is the truth, whatever files lie beside it. A worker keeps its
 * network namespace alive, so it is stopped before the namespace goes.
 */
#include "backends/backends.h"
#include "backends/place.h"
#include "backends/tunnel/client.h"
#include "backends/tunnel/convert.h"
#include "backends/tunnel/protocol_build.h"
#include "backends/tunnel/start.h"
#include "model/classes.h"
#include "model/cleanup.h"
#include "model/digest.h"
#include "model/text.h"
#include "model/tunnel.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEY_BYTES 6 /* of SHA-256 of the label: 12 hex digits */

struct backend_ctx {
	const struct scope *scope;
	struct places *places;
	char directory[PATH_MAX];
	const struct model *want; /* from observing to mending */
	struct model *have;
	/* The last observe met a worker without configuration, or what is left of one. */
	bool needs_mending;
	char leftover
		[PATH_MAX]; /* control socket of a worker whose files could not be removed; "": none */
	char program[PATH_MAX]; /* that would be started now; "": not looked for yet, or none */
	char build[WORKER_BUILD_SIZE];
};

static bool tunnel_handles(const struct class *class)
{
	return class == &class_tunnel;
}

static int tunnel_open(struct backend_ctx **ret, const struct backend_options *options,
		       struct error *err)
{
	struct backend_ctx *ctx = calloc(1, sizeof(*ctx));

	if (!ctx)
		return error_set(err, ENOMEM, "out of memory");
	ctx->scope = options->scope;
	ctx->places = options->places;
	snprintf(ctx->directory, sizeof(ctx->directory), "%s/%s", SCOPE_RUN_DIRECTORY,
		 ctx->scope->topology);
	*ret = ctx;
	return 0;
}

/* The name of an object's worker among files and units. */
static const char *tunnel_key(const struct object *object, char ret[2 * KEY_BYTES + 1])
{
	char label[WORKER_LABEL_SIZE];
	uint8_t digest[DIGEST_SIZE];

	tunnel_label(object, label);
	digest_sha256(label, strlen(label), digest);
	return digest_hex(digest, KEY_BYTES, ret);
}

static int tunnel_control(const struct backend_ctx *ctx, const struct object *object,
			  char ret[PATH_MAX], struct error *err)
{
	char key[2 * KEY_BYTES + 1];
	int n = snprintf(ret, PATH_MAX, "%s/%s.sock", ctx->directory, tunnel_key(object, key));

	return n >= PATH_MAX ? error_set(err, ENAMETOOLONG, "%s: name too long", ctx->directory)
			     : 0;
}

static void program_note(struct backend_ctx *ctx)
{
	struct error ignored;

	if (ctx->program[0] || tunnel_program_find(ctx->program, &ignored) < 0)
		return;
	worker_build_read(ctx->program, ctx->build);
}

/* Another program was installed since the worker was started. One of which nothing is known is as good as any. */
static bool worker_is_outdated(struct backend_ctx *ctx, const struct worker_config *config)
{
	program_note(ctx);
	return ctx->build[0] && strcmp(ctx->build, config->build) != 0;
}

/* Whether the worker is in the namespace that its place means now. */
static bool worker_is_in_place(struct backend_ctx *ctx, const char *place,
			       const struct worker_config *config)
{
	struct error ignored;
	dev_t device;
	ino_t inode;

	return place_identity(ctx->places, place, &device, &inode, &ignored) == 0 &&
	       device == config->netns_device && inode == config->netns_inode;
}

/*
 * A wanted tunnel whose worker is stranded in a namespace of the past is missing: creating it replaces
 * the worker. An unwanted one is there all the same, to be removed.
 */
static void worker_add(struct backend_ctx *ctx, struct worker_config *config,
		       const struct model *want, struct model *have)
{
	const char *place, *name;
	const struct object *wanted;
	struct object *object;

	if (!tunnel_label_split(config->label, &place, &name))
		return;
	wanted = model_find(want, &class_tunnel, place, name);
	if (wanted && !worker_is_in_place(ctx, place, config))
		return;
	object = model_add(have, &class_tunnel, place, name);
	if (!object)
		return;
	object->owner = OWNER_OURS;
	tunnel_from_config(object, config, wanted, model_arena(have));
	((struct tunnel *)object->data)->outdated = worker_is_outdated(ctx, config);
}

static bool is_wanted(const struct backend_ctx *ctx, const char *control)
{
	const struct object *object;
	char path[PATH_MAX];
	struct error ignored;
	size_t i;

	MODEL_FOR_EACH (object, ctx->want, i) {
		if (object->class == &class_tunnel &&
		    tunnel_control(ctx, object, path, &ignored) == 0 && !strcmp(path, control))
			return true;
	}
	return false;
}

static int worker_observe(struct backend_ctx *ctx, const char *control, struct error *err)
{
	struct worker_config config = { 0 };
	AUTO_CLOSE int fd = -1;
	int r = worker_find(control, &fd, err);

	ctx->needs_mending |= r == 0 && fd < 0 && !is_wanted(ctx, control);
	if (r < 0 || fd < 0)
		return r;
	r = worker_query(fd, &config, err);
	/* Not configured, ended meanwhile, or of another version: as good as none, it will be replaced. */
	ctx->needs_mending |= r == -ENODATA;
	if (r == -ENODATA || r == -ECONNRESET || r == -EPROTO)
		return 0;
	if (r < 0)
		return error_add_context(err, "%s", control);
	worker_add(ctx, &config, ctx->want, ctx->have);
	worker_config_clear(&config);
	return 0;
}

/* The socket goes last: see files_remove. */
static const char *const suffixes[] = { ".conf", ".peers", ".log", ".sock" };

static bool is_of_worker(const char *suffix)
{
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (strcmp(suffix, suffixes[i]) == 0)
			return true;
	return false;
}

/*
 * The control socket of the worker that a file of the directory belongs to. It counts once: the others only where there is no
 * socket, as when a run was killed after its worker ended.
 */
static bool worker_file(const struct backend_ctx *ctx, const char *file, char control[PATH_MAX])
{
	const char *dot = strrchr(file, '.');

	if (!dot || !is_of_worker(dot))
		return false;
	if (snprintf(control, PATH_MAX, "%s/%.*s.sock", ctx->directory, (int)(dot - file), file) >=
	    PATH_MAX)
		return false;
	return !strcmp(dot, ".sock") || access(control, F_OK) != 0;
}

/* What is asked of each worker of the directory. */
typedef int visit_fn(struct backend_ctx *ctx, const char *control, struct error *err);

static int each_control(struct backend_ctx *ctx, visit_fn *visit, struct error *err)
{
	DIR *directory = opendir(ctx->directory);
	const struct dirent *file;
	char control[PATH_MAX];
	int r = 0;

	if (!directory && errno == ENOENT)
		return 0;
	if (!directory)
		return error_set(err, errno, "%s: %s", ctx->directory, strerror(errno));
	while (r == 0 && (file = readdir(directory))) {
		if (worker_file(ctx, file->d_name, control))
			r = visit(ctx, control, err);
	}
	closedir(directory);
	return r;
}

static int tunnel_observe(struct backend_ctx *ctx, const struct model *want, struct model *have,
			  struct error *err)
{
	ctx->want = want;
	ctx->have = have;
	return each_control(ctx, worker_observe, err);
}

/*
 * The socket goes last: by it the next run finds what this one could not remove, or was killed before it did. What failed is
 * tried once more at the end.
 */
static void files_remove(struct backend_ctx *ctx, const char *control)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		if (worker_file_name(control, suffixes[i], path, sizeof(path)) < 0 ||
		    unlink(path) == 0 || errno == ENOENT)
			continue;
		if (control != ctx->leftover)
			snprintf(ctx->leftover, sizeof(ctx->leftover), "%s", control);
		return;
	}
	/* Not empty: others still need it. */
	(void)rmdir(ctx->directory);
}

/*
 * One that was started by a run that was killed before it was configured: it ends by itself, but not at once, and holds
 * its namespace until then. Or one that is no more, and nobody wants: its files are there.
 */
static int worker_mend(struct backend_ctx *ctx, const char *control, struct error *err)
{
	struct worker_config config = { 0 };
	AUTO_CLOSE int fd = -1;
	int r = worker_find(control, &fd, err);

	if (r == 0 && fd < 0 && !is_wanted(ctx, control))
		files_remove(ctx, control);
	if (r < 0 || fd < 0)
		return r;
	r = worker_query(fd, &config, err);
	if (r == -ENODATA) {
		r = worker_stop(fd, err);
		if (r == 0)
			files_remove(ctx, control);
	}
	worker_config_clear(&config);
	return r == -ECONNRESET || r == -EPROTO ? 0 : r;
}

static int tunnel_mend(struct backend_ctx *ctx, struct error *err)
{
	int r = 0;

	if (ctx->needs_mending)
		r = each_control(ctx, worker_mend, err);
	ctx->needs_mending = false;
	return r;
}

static int worker_launch(struct backend_ctx *ctx, const struct object *object, const char *control,
			 int *ret, struct error *err)
{
	char label[WORKER_LABEL_SIZE], key[2 * KEY_BYTES + 1];
	char name[NAME_MAX], unit[NAME_MAX], netns[PATH_MAX];
	const struct worker_start start = {
		.control = control,
		.name = name,
		.unit = unit,
		.netns = object->place[0] ? netns : NULL,
	};

	/* The host's own tunnels go without "host/": two-hosts/lan. */
	snprintf(name, sizeof(name), "%s/%s", ctx->scope->topology,
		 object->place[0] ? tunnel_label(object, label) : object->name);
	snprintf(unit, sizeof(unit), "vnettunnel-%s-%s", ctx->scope->topology,
		 tunnel_key(object, key));
	snprintf(netns, sizeof(netns), "/run/netns/%s", object->place);
	if (!strcmp(ctx->leftover, control))
		ctx->leftover[0] = '\0'; /* its files are in use again */
	return worker_start(&start, ret, err);
}

static int worker_remove(struct backend_ctx *ctx, const char *control, struct error *err)
{
	AUTO_CLOSE int fd = -1;
	int r = worker_find(control, &fd, err);

	if (r == 0 && fd >= 0)
		r = worker_stop(fd, err);
	if (r == 0)
		files_remove(ctx, control);
	return r;
}

/* A worker that observe did not count is no use: it has no configuration, or is in another namespace. */
static int tunnel_create(struct backend_ctx *ctx, const struct object *want, const char *control,
			 struct error *err)
{
	struct worker_config config = { 0 };
	AUTO_CLOSE int fd = -1;
	struct error ignored;
	int r = tunnel_to_config(want, &config, err);

	if (r == 0)
		r = worker_remove(ctx, control, err);
	if (r == 0) {
		r = worker_launch(ctx, want, control, &fd, err);
		if (r == 0)
			r = worker_configure(fd, &config, err);
		if (r < 0)
			(void)worker_remove(ctx, control, &ignored);
	}
	worker_config_clear(&config);
	return r;
}

/* Another program takes the worker's place, in its process where it knows how to: else it starts anew. */
static int tunnel_renew(struct backend_ctx *ctx, const struct object *want, const char *control,
			int *fd, struct error *err)
{
	struct error ignored;

	if (worker_replace(*fd, ctx->program, &ignored) == 0)
		return 0;
	cleanup_close(fd);
	*fd = -1;
	return tunnel_create(ctx, want, control, err);
}

/* What the worker refuses leaves its running configuration as it was. */
static int tunnel_update(struct backend_ctx *ctx, const struct object *want,
			 const struct object *have, const char *control, struct error *err)
{
	const struct tunnel *old = have->data;
	struct worker_config config = { 0 };
	AUTO_CLOSE int fd = -1;
	int r = worker_find(control, &fd, err);

	if (r < 0)
		return r;
	if (fd < 0)
		return tunnel_create(ctx, want, control, err);
	program_note(ctx);
	if (old->outdated && ctx->program[0])
		r = tunnel_renew(ctx, want, control, &fd, err);
	if (r < 0 || fd < 0)
		return r;
	r = tunnel_to_config(want, &config, err);
	if (r == 0)
		r = worker_configure(fd, &config, err);
	worker_config_clear(&config);
	return r;
}

static int tunnel_change(struct backend_ctx *ctx, const struct change *change, struct error *err)
{
	const struct object *object = change->want ? change->want : change->have;
	char control[PATH_MAX];
	int r = tunnel_control(ctx, object, control, err);

	if (r < 0)
		return r;
	switch (change->op) {
	case CHANGE_CREATE:
		return tunnel_create(ctx, object, control, err);
	case CHANGE_UPDATE:
		return tunnel_update(ctx, object, change->have, control, err);
	case CHANGE_DELETE:
		return worker_remove(ctx, control, err);
	case CHANGE_ADOPT:
	case CHANGE_DISOWN:
		break; /* a worker is ours by its socket */
	}
	return 0;
}

static int tunnel_apply(struct backend_ctx *ctx, const struct change *const *changes, size_t n,
			size_t *done, struct error *err)
{
	AUTO_TEXT struct text path = { 0 };
	int r;

	for (*done = 0; *done < n; ++*done) {
		r = tunnel_change(ctx, changes[*done], err);
		if (r == 0)
			continue;
		object_path(changes[*done]->want ? changes[*done]->want : changes[*done]->have,
			    &path);
		return error_add_context(err, "%s", text_get(&path));
	}
	return 0;
}

static void tunnel_close(struct backend_ctx *ctx)
{
	if (ctx && ctx->leftover[0])
		files_remove(ctx, ctx->leftover);
	free(ctx);
}

const struct backend backend_tunnel = {
	.name = "tunnel",
	.handles = tunnel_handles,
	.open = tunnel_open,
	.observe = tunnel_observe,
	.mend = tunnel_mend,
	.apply = tunnel_apply,
	.close = tunnel_close,
};
